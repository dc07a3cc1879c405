#pragma once

#include <vector>

#include "unroll/derivative/methods.hpp"
#include "unroll/derivative/result.hpp"
#include "unroll/problem/problem.hpp"
#include "unroll/solver/run.hpp"

/// What the entries of derivative/ ask of their arguments.
namespace unroll {

/// ∂x_0, n×p: the start's, or zero. @throws ShapeError, DomainError if it is not finite.
Matrix start_jacobian(const Problem& problem, const Start& start);
/// @throws DomainError unless threads ≥ 1 and 1 ≤ K ≤ options.steps.
void check_method(const Reverse& method, const SolveOptions& options);
/// @throws DomainError unless threads ≥ 1.
void check_method(const OneStep& method, const SolveOptions& options);
/// @throws DomainError unless the step is positive and finite.
void check_method(const FiniteDifference& method);
/// @throws UnsupportedError if the method does not keep the whole run on a tape, as a history needs.
void check_history(const Reverse& method);
/// @throws ShapeError unless `vector` has `size` entries, DomainError if one is not finite.
void check_product(const char* operation, const char* name, const Vector& vector, Index size);

namespace detail {

/// What one-step differentiation is in reverse mode: the last step alone, if there is one.
Reverse as_reverse(const OneStep& method, const SolveOptions& options);
inline const Reverse& as_reverse(const Reverse& method, const SolveOptions&) { return method; }

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
