#include "unroll/problem/least_squares.hpp"

#include <array>
#include <memory>

#include "problem/give_all.hpp"
#include "unroll/ad/engine.hpp"
#include "unroll/error.hpp"

namespace unroll {

SecondOrder LeastSquares::residual_curvature(const Vector&, const Vector&, const Vector&, const Matrix&,
                                             const Matrix&) const {
  throw UnsupportedError(
      "least squares: the curvature of the residuals is needed, as a step of Gauss and Newton is "
      "differentiated, and "
      "this problem does not give it (override residual_curvature); take Implicit{} or OneStep{}");
}

namespace {

using namespace ad;

/// What a recording keeps of a product.
struct Factors {
  const LeastSquares& problem;
  Matrix J;
  Vector v, Jv;
};

// Of Aẋ = JᵀJ v along (ẋ, θ̇): J̇ᵀ(J v) + Jᵀ(J̇ v); both by w ↦ ∂(λᵀJ w), the residuals' curvature.
struct NormalProduct {
  static constexpr std::array<unsigned, 2> needed_for{3U, 3U};
  static constexpr bool reads_output = false;
  const Factors* of;

  SecondOrder curvature(const ConstBlock& x, const ConstBlock& theta, const Vector& w,
                        const Vector& along) const {
    return of->problem.residual_curvature(x.col(0), theta.col(0), w, along, Matrix::Zero(theta.rows(), 1));
  }
  /// ∂_{x,θ} of w̄ᵀ JᵀJ v.
  SecondOrder slope(const ConstBlock& x, const ConstBlock& theta, const Vector& w) const {
    SecondOrder s = curvature(x, theta, of->Jv, w);
    const SecondOrder other = curvature(x, theta, of->J * w, of->v);
    s.dx += other.dx;
    s.dtheta += other.dtheta;
    return s;
  }
  void evaluate(const ConstBlock& x, const ConstBlock& theta, Block y) const {
    y.col(0) = of->J.transpose() * of->Jv;
    const Index n = y.rows();
    for (Index i = 0; i < n && y.cols() > 1; ++i) {
      const SecondOrder row = slope(x, theta, Vector::Unit(n, i));
      for (Index j = 1; j < y.cols(); ++j)
        y(i, j) = (x.cols() > 1 ? row.dx.col(0).dot(x.col(j)) : 0.0) +
                  (theta.cols() > 1 ? row.dtheta.col(0).dot(theta.col(j)) : 0.0);
    }
  }
  template <class P>
  void pullback(P& p) const {
    if (p.sweeper().core().tangents > 0)
      throw UnsupportedError(
          "normal_product: a step of Gauss and Newton's kind would need third derivatives of the residuals "
          "on a "
          "tape with tangents: take Implicit{} for second derivatives");
    const ScaledBlock y_bar = p.adjoint();
    const ConstBlock x = p.template in<0>(), theta = p.template in<1>();
    SecondOrder all{Matrix(x.rows(), y_bar.block.cols()), Matrix(theta.rows(), y_bar.block.cols())};
    for (Index j = 0; j < y_bar.block.cols(); ++j) {
      const SecondOrder s = slope(x, theta, y_bar.block.col(j));
      all.dx.col(j) = s.dx;
      all.dtheta.col(j) = s.dtheta;
    }
    detail::give_all(p, all, y_bar.scale);
  }
};

/// @throws UnsupportedError now, not when the tape is swept, if the problem has no curvature.
void check_has_curvature(const LeastSquares& problem, const Vector& x, const Vector& theta, Index m) {
  problem.residual_curvature(x, theta, Vector::Zero(m), Matrix(x.size(), 0), Matrix(theta.size(), 0));
}

}  // namespace

DualVector normal_product(const LeastSquares& problem, const DualVector& x, const DualVector& theta,
                          const Matrix& J, const Vector& v) {
  check_has_curvature(problem, x.value(), theta.value(), J.rows());
  const Factors factors{problem, J, v, J * v};
  return evaluate_array<DualVector>(NormalProduct{&factors}, x.shape(), x, theta);
}
VarVector normal_product(const LeastSquares& problem, const VarVector& x, const VarVector& theta,
                         const Matrix& J, const Vector& v) {
  check_has_curvature(problem, x.value(), theta.value(), J.rows());
  const auto factors = std::make_shared<const Factors>(Factors{problem, J, v, J * v});
  if (TapeCore* const core = common_core("normal equations", x, theta); core != nullptr)
    core->kept.push_back(factors);
  return evaluate_array<VarVector>(NormalProduct{factors.get()}, x.shape(), x, theta);
}

}  // namespace unroll
