#pragma once

#include <vector>

#include "unroll/derivative/methods.hpp"
#include "unroll/derivative/result.hpp"
#include "unroll/problem/problem.hpp"

/// What the entries of derivative/ ask of their arguments.
namespace unroll {

/// ∂x_0, n×p: the start's, or zero. @throws ShapeError, DomainError if it is not finite.
Matrix start_jacobian(const Problem& problem, const Start& start);
/// @throws DomainError unless threads ≥ 1.
void check_method(const Reverse& method);
/// @throws ShapeError unless `vector` has `size` entries, DomainError if one is not finite.
void check_product(const char* operation, const char* name, const Vector& vector, Index size);

namespace detail {

/// The steps t that were asked for: all of them if none was named.
class Selection {
 public:
  /// @throws DomainError unless `at` ascends from 0 on.
  explicit Selection(std::vector<Index> at);
  bool operator()(Index t) const;

 private:
  std::vector<Index> at_;
};

}  // namespace detail
}  // namespace unroll
