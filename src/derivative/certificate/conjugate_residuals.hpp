#pragma once

#include "unroll/problem/cost.hpp"
#include "unroll/problem/problem.hpp"

namespace unroll::detail {

/// Conjugate residuals (Stiefel 1955) for H Y = B at (x, θ), H positive definite, s columns in step: of all
/// polynomials in H it takes those with the least ‖R‖. A product, which gives MᵀV beside HV, a step and
/// column; so Mᵀ Y comes along. Columns are solved for at length 1: tiny and huge ones are as good as any.
class ConjugateResiduals {
 public:
  /// From `y`, for a product more, or from zero if that is empty. Refers to all but `b` and `y`.
  ConjugateResiduals(const Problem& problem, const Vector& x, const Vector& theta, const Matrix& b,
                     const Matrix& y, Cost& cost);

  /// A step of all columns. @throws NumericalError if it meets curvature that is not positive, or not finite.
  void step();
  /// H Y and Mᵀ Y by a product, in place of what was summed.
  void refresh();

  const Matrix& solution() const { return y_; }            // Y, n×s
  double residual_norm() const;                            // ‖B − H Y‖_F
  const SecondOrder& product() const { return product_; }  // H Y and Mᵀ Y
  Index steps() const { return steps_; }

 private:
  SecondOrder apply(const Matrix& v);

  const Problem& problem_;
  const Vector& x_;
  const Vector& theta_;
  Cost& cost_;
  Eigen::RowVectorXd scale_;      // powers of two near the lengths of B's columns
  Matrix b_, y_, r_, direction_;  // B, Y; R and directions in units of `scale_`
  SecondOrder product_, of_direction_;
  Vector curvature_;  // rᵀHr of each column, of the last step
  Index steps_ = 0;
};

/// A point x̂ nearer to the minimiser than x: what x bounds, x̂ bounds as well, and sharper.
struct Nearer {
  Vector x, gradient;  // x̂ and ∇f there
  double moved;        // ‖x − x̂‖, so that ‖x − x*‖ ≤ moved + ‖∇f(x̂)‖/ℓ
};

/// x̂ = x − δ by conjugate residuals on Hδ = ∇f, twice, as where H varies once is not enough; each time for a
/// gradient and at most so many products, fewer where ‖∇f‖ falls to a thousandth. x itself where that leads
/// nowhere.
Nearer nearer_point(const Problem& problem, const Vector& x, const Vector& theta, const Vector& gradient,
                    Index products, Cost& cost);

/// Of `nearer_point`, and of what is solved for there: where that is affordable, and where nothing is spared.
inline constexpr Index refining_products = 10, most_refining_products = 40;
/// What nearer_point costs at most.
constexpr Index price_of_nearer(Index products) { return 2 * (products + 1); }

}  // namespace unroll::detail
