#pragma once

#include <type_traits>
#include <utility>

#include "unroll/ad/plain.hpp"
#include "unroll/problem/array_function.hpp"
#include "unroll/problem/problem.hpp"

namespace unroll {

/// The equation F(x, θ) = 0, F: R^n × R^p → R^n, in place of an objective: x ∈ R^n is asked for. Obtained
/// from a template by `make_root`, or by hand: derive, and override the pure functions, and third_order where
/// Newton's method is to be unrolled. To solvers, F is what a gradient is elsewhere, Oracle::gradient; ∂_xF
/// need not be symmetric, and there is no value to search along. Implicit differentiation is (∂_xF) J =
/// −∂_θF, and in certificates the smallest singular value of ∂_xF takes the place of ℓ.
class Root : public Problem {
 public:
  virtual Vector residual(const Vector& x, const Vector& theta) const = 0;  // F, n
  Matrix push_gradient(const Vector& x, const Vector& theta, const Matrix& x_dot,
                       const Matrix& theta_dot) const override = 0;
  SecondOrder pull_gradient(const Vector& x, const Vector& theta, const Matrix& w) const override = 0;

  bool has_objective() const final { return false; }
  bool has_equation() const final { return true; }
  Vector gradient(const Vector& x, const Vector& theta) const final { return residual(x, theta); }
  /// @throws UnsupportedError always: F is no gradient.
  /// @{
  double value(const Vector&, const Vector&) const final;
  SecondOrder second_order(const Vector&, const Vector&, const Matrix&, const Matrix&) const final;
  /// @}
};

/// F as a template over the array type V: F(x, theta) gives a V of n entries.
template <class F, class V>
concept ResidualOver = requires(const F& f, const V& x) {
  V(f(x, x));
};

namespace detail {
template <class F, class V>
using residual_t = std::invoke_result_t<const F&, const V&, const V&>;
/// @throws ShapeError unless F gave n entries.
void check_residual(Index entries, Index n);
}  // namespace detail

/// A root from the user's template F(x, θ): products by a recording that carries tangents, or by its sweep.
template <class F>
class TemplateRoot final : public Root {
  static constexpr bool on_vectors = ResidualOver<F, Vector>, on_tape = ResidualOver<F, VarVector>;
  static_assert(on_vectors, "make_root: F(x, theta) must accept const Vector& twice and give a Vector");
  static_assert(
      on_tape,
      "make_root: F(x, theta) must accept const VarVector& twice and give a VarVector: write it as a "
      "template over the array type, with the library's functions");

 public:
  /// @throws ShapeError unless n ≥ 1 and p ≥ 0.
  TemplateRoot(F f, Index n, Index p) : f_(std::move(f)), n_(n), p_(p) {
    check_dimensions(n, p, "make_root");
  }

  Index dimension() const override { return n_; }
  Index parameters() const override { return p_; }
  /// F, as it was given.
  const F& function() const { return f_; }

  /// F.pattern(), where F has it.
  std::optional<SparsePattern> pattern() const override { return detail::pattern_of(f_); }

  Vector residual(const Vector& x, const Vector& theta) const override {
    Vector y = f_(x, theta);
    detail::check_residual(y.size(), n_);
    return y;
  }

  Matrix push_gradient(const Vector& x, const Vector& theta, const Matrix& x_dot,
                       const Matrix& theta_dot) const override {
    return ad::last_columns(detail::value_and_push(recorded(), x, theta, x_dot, theta_dot), x_dot.cols());
  }
  Matrix gradient_and_push(const Vector& x, const Vector& theta, const Matrix& x_dot,
                           const Matrix& theta_dot) const override {
    Matrix both = detail::value_and_push(recorded(), x, theta, x_dot, theta_dot);
    detail::check_residual(both.rows(), n_);
    return both;
  }
  SecondOrder pull_gradient(const Vector& x, const Vector& theta, const Matrix& w) const override {
    return detail::pull_array(recorded(), x, theta, w);
  }
  Matrix pull_to_parameters(const Vector& x, const Vector& theta, const Matrix& w) const override {
    return detail::pull_to_parameters(recorded(), x, theta, w);
  }
  SecondOrder third_order(const Vector& x, const Vector& theta, const Vector& w, const Matrix& x_dot,
                          const Matrix& theta_dot) const override {
    return detail::array_curvature(recorded(), x, theta, w, x_dot, theta_dot);
  }

 private:
  detail::Recorded<VarVector> recorded() const { return detail::recorded<VarVector>(f_); }
  F f_;
  Index n_, p_;
};

/// The equation F(x, θ) = 0 with n = dim x = dim F, p = dim θ. Matrices that are members of F are referred
/// to, as by make_problem.
template <class F>
TemplateRoot<F> make_root(F f, Index n, Index p) {
  return TemplateRoot<F>(std::move(f), n, p);
}

}  // namespace unroll
