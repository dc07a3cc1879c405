#include "unroll/derivative/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "unroll/error.hpp"

namespace unroll {

Matrix start_jacobian(const Problem& problem, const Start& start) {
  const Index n = problem.dimension();
  const Index p = problem.parameters();
  if (start.dx.size() == 0) return Matrix::Zero(n, p);
  if (start.dx.rows() != n || start.dx.cols() != p)
    throw ShapeError(fmt::format("start: dx0 is {}x{}, not {}x{}", start.dx.rows(), start.dx.cols(), n, p));
  if (!start.dx.allFinite()) throw DomainError("start: dx0 is not finite");
  return start.dx;
}

void check_method(const Reverse& method) {
  if (method.threads < 1) throw DomainError(fmt::format("reverse: {} threads", method.threads));
}

void check_product(const char* operation, const char* name, const Vector& vector, Index size) {
  if (vector.size() != size)
    throw ShapeError(fmt::format("{}: the {} has {} entries, not {}", operation, name, vector.size(), size));
  for (Index i = 0; i < size; ++i)
    if (!std::isfinite(vector[i]))
      throw DomainError(fmt::format("{}: {}[{}] is {}", operation, name, i, vector[i]));
}

namespace detail {

Selection::Selection(std::vector<Index> at) : at_(std::move(at)) {
  for (std::size_t i = 0; i < at_.size(); ++i)
    if (at_[i] < 0 || (i > 0 && at_[i] <= at_[i - 1]))
      throw DomainError(
          fmt::format("jacobian_history: at[{}] is {}: steps must ascend from 0 on", i, at_[i]));
}

bool Selection::operator()(Index t) const {
  return at_.empty() || std::binary_search(at_.begin(), at_.end(), t);
}

}  // namespace detail
}  // namespace unroll
