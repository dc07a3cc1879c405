#pragma once

#include <type_traits>
#include <utility>

#include "unroll/ad/gradient.hpp"
#include "unroll/problem/problem.hpp"

namespace unroll {

/// f as a template over the array type: f(x, theta) for plain arrays gives a number, for taped ones a `Var`.
template <class F>
concept ObjectiveOnVectors = requires(const F& f, const Vector& x) {
  { f(x, x) } -> std::convertible_to<double>;
};
template <class F>
concept ObjectiveOnTape = requires(const F& f, const VarVector& x) {
  { f(x, x) } -> std::convertible_to<Var>;
};

/// A problem from the user's template f(x, θ): gradients by one recording and one sweep; second order by a
/// recording that carries the k tangents, so that one pass over the data serves value and tangents alike.
/// `Base` is Problem, or what derives from it and asks for more (see finite_sum.hpp, least_squares.hpp).
template <class F, class Base = Problem>
class TemplateProblem : public Base {
  // (As plain truth values: a compiler lists all that a concept asks for.)
  static constexpr bool on_vectors = ObjectiveOnVectors<F>, on_tape = ObjectiveOnTape<F>;
  static_assert(
      on_vectors,
      "make_problem: f(x, theta) must accept const Vector& twice and give a number (`using std::abs;` and "
      "the like in f hide the library's functions of arrays: write `using unroll::abs;`)");
  static_assert(
      on_tape,
      "make_problem: f(x, theta) must accept const VarVector& twice and give a Var: write it as a template "
      "over the array type, with the library's functions");

 public:
  /// @throws ShapeError unless n ≥ 1 and p ≥ 0.
  TemplateProblem(F f, Index n, Index p) : f_(std::move(f)), n_(n), p_(p) {
    check_dimensions(n, p, "make_problem");
  }

  Index dimension() const override { return n_; }
  Index parameters() const override { return p_; }
  /// f, as it was given.
  const F& function() const { return f_; }

  double value(const Vector& x, const Vector& theta) const override { return f_(x, theta); }

  /// f.curvature(theta), where f has it.
  std::optional<Curvature> curvature(const Vector& theta) const override {
    if constexpr (requires {
                    { f_.curvature(theta) } -> std::convertible_to<std::optional<Curvature>>;
                  }) {
      return f_.curvature(theta);
    } else {
      return Base::curvature(theta);
    }
  }

  Vector gradient(const Vector& x, const Vector& theta) const override {
    Tape tape;
    tape.refer_to(f_);
    const VarVector taped = tape.input(x);
    const Var y = f_(taped, VarVector(theta));
    if (y.is_constant()) return Vector::Zero(n_);
    return tape.sweep(y).adjoint(taped);
  }

  Vector parameter_gradient(const Vector& x, const Vector& theta) const override {
    Tape tape;
    tape.refer_to(f_);
    const VarVector taped = tape.input(theta);
    const Var y = f_(VarVector(x), taped);
    if (y.is_constant()) return Vector::Zero(p_);
    return tape.sweep(y).adjoint(taped);
  }

  SecondOrder second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                           const Matrix& theta_dot) const override {
    const Index k = x_dot.cols();
    Tape tape(k);
    tape.refer_to(f_);
    const VarVector taped_x = tape.input(x, x_dot);
    const VarVector taped_theta = tape.input(theta, theta_dot);
    const Var y = f_(taped_x, taped_theta);
    if (k == 0 || y.is_constant()) return {Matrix::Zero(n_, k), Matrix::Zero(p_, k)};
    const Sweep sweep = tape.sweep(y);
    return {sweep.adjoint(taped_x).rightCols(k), sweep.adjoint(taped_theta).rightCols(k)};
  }

 private:
  F f_;
  Index n_, p_;
};

/// The problem min_x f(x, θ) with n = dim x, p = dim θ. Matrices that are members of F, captured by value
/// say, are referred to; what F holds by reference or pointer is copied by every gradient, unless it says
/// std::cref(A) (ad/constant.hpp).
template <class F>
TemplateProblem<F> make_problem(F f, Index n, Index p) {
  return TemplateProblem<F>(std::move(f), n, p);
}

}  // namespace unroll
