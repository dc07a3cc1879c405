#include "unroll/derivative/checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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

namespace {

void check_threads(Index threads, const char* method) {
  if (threads < 1) throw DomainError(fmt::format("{}: {} threads", method, threads));
}

}  // namespace

void check_method(const Reverse& method, const SolveOptions& options) {
  check_threads(method.threads, "reverse");
  if (method.last_steps.is_all() || method.last_steps.is_automatic()) return;
  if (method.last_steps.count() < 1 || method.last_steps.count() > options.steps)
    throw DomainError(fmt::format("reverse: last_steps is {}, must be from 1 to the {} steps of the run",
                                  method.last_steps.count(), options.steps));
}

void check_method(const OneStep& method, const SolveOptions&) { check_threads(method.threads, "one-step"); }

void check_method(const FiniteDifference& method) {
  if (!(method.step > 0) || std::isinf(method.step))
    throw DomainError(fmt::format("finite difference: the step is {}, must be positive", method.step));
}

void check_history(const Reverse& method) {
  check_threads(method.threads, "reverse");
  if (method.memory_budget > 0 || !method.last_steps.is_all())
    throw UnsupportedError(
        "jacobian_history: by reverse mode it needs all steps on one tape; use Forward{} to bound its "
        "memory");
}

void check_product(const char* operation, const char* name, const Vector& vector, Index size) {
  if (vector.size() != size)
    throw ShapeError(fmt::format("{}: the {} has {} entries, not {}", operation, name, vector.size(), size));
  for (Index i = 0; i < size; ++i)
    if (!std::isfinite(vector[i]))
      throw DomainError(fmt::format("{}: {}[{}] is {}", operation, name, i, vector[i]));
}

namespace detail {

Reverse as_reverse(const OneStep& method, const SolveOptions& options) {
  return {.threads = method.threads,
          .memory_budget = 0,
          .last_steps = options.steps == 0 ? LastSteps() : LastSteps(1)};
}

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
