#pragma once

#include <vector>

#include "unroll/problem/problem.hpp"
#include "unroll/types.hpp"

namespace unroll {

/// ‖estimate − exact‖_F / ‖exact‖_F. @throws ShapeError if the shapes differ, DomainError if `exact` is zero.
double relative_error(const Matrix& estimate, const Matrix& exact);  // both n×p

/// Measures (f(x) − f*)/(f(x_0) − f*) without the cancellation of the difference of two values of f.
///
/// With d = x − x* and ∇f(x*) = 0: f(x) − f* = ∫₀¹ (1−s) dᵀH(x* + s d)d ds. On a quadratic this is ½ dᵀHd.
/// Elsewhere the difference of values is taken while it has digits to spare, and below that the integral by
/// the three-point rule of Gauss and Jacobi, exact for H of degree 5 in s: for a small d that is rounding.
class Suboptimality {
 public:
  /// Keeps a reference to the problem. @throws DomainError if x_0 is the minimiser: the ratio is undefined.
  Suboptimality(const Problem& problem, Vector theta /* p */, Vector minimiser /* n */,
                const Vector& start /* n */);

  /// The ratio at x, 1 at x_0 and 0 at x*.
  double operator()(const Vector& x /* n */) const;

 private:
  double gap(const Vector& x) const;

  const Problem& problem_;
  Vector theta_, minimiser_;
  Matrix hessian_;        // n×n on a quadratic, else empty
  double value_ = 0;      // f*
  double start_gap_ = 1;  // f(x_0) − f*, or ½ dᵀHd of x_0
};

/// About `count` whole numbers from first to last, both included, evenly spread on a logarithmic scale and
/// each once. Empty if last < first. @throws DomainError unless first ≥ 1 and count ≥ 2.
std::vector<Index> log_spaced(Index first, Index last, Index count);

}  // namespace unroll
