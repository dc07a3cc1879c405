#pragma once

#include <type_traits>
#include <utility>

#include "unroll/ad/gradient.hpp"
#include "unroll/problem/on_blocks.hpp"
#include "unroll/problem/prepare.hpp"
#include "unroll/problem/problem.hpp"
#include "unroll/problem/recorded.hpp"

namespace unroll {

/// f as a template over the array type: f(x, theta) for plain arrays gives a number, for taped ones a `Var`.
template <class F>
concept ObjectiveOnVectors = requires(const F& f, const Vector& x) {
  { f(x, x) } -> std::convertible_to<double>;
};
template <class F>
concept ObjectiveOnTape = requires(const F& f, const VarVector& x) {
  { f(x, x) } -> std::convertible_to<Var>;
  requires !std::is_arithmetic_v<std::decay_t<decltype(f(x, x))>>;  // whose derivative would be 0
};

namespace detail {

/// Derivatives of f, as Problem's functions of these names: gradients by one recording and one sweep; second
/// order by one that carries tangents, so that one pass over the data serves value and tangents alike; third
/// order by one that carries them along w.
/// @{
void gradient_into(const Recorded<Var>& f, const VectorView& x, const VectorView& theta, WritableVector g);
Vector parameter_gradient(const Recorded<Var>& f, const Vector& x, const Vector& theta);
void second_order_into(const Recorded<Var>& f, const VectorView& x, const VectorView& theta,
                       const ColumnsView& x_dot, const ColumnsView& theta_dot, WritableColumns dx,
                       WritableColumns dtheta);
SecondOrder third_order(const Recorded<Var>& f, const Vector& x, const Vector& theta, const Vector& w,
                        const Matrix& x_dot, const Matrix& theta_dot);
/// @}

}  // namespace detail

/// A problem from the user's template f(x, θ), differentiated by recordings of it.
/// `Base` is Problem, or what derives from it and asks for more (see finite_sum.hpp, least_squares.hpp).
template <class F, class Base = Problem>
class TemplateProblem : public Base {
  // (As plain truth values: a compiler lists all that a concept asks for.)
  static constexpr bool prepare_fits = PrepareFits<F, Vector> && PrepareFits<F, VarVector>,
                        on_vectors = !prepare_fits || ObjectiveOnVectors<F>,
                        on_tape = !prepare_fits || ObjectiveOnTape<F>;
  static_assert(prepare_fits,
                "make_problem: f's prepare must be const, and callable with plain and taped arrays V: "
                "`template <class V> auto prepare(const V& theta) const`");
  static_assert(on_vectors,
                "make_problem: f(x, theta) must be const and accept const Vector& twice, or blocks of them "
                "in the given "
                "layouts, and give a number (`using std::abs;` and "
                "the like in f hide the library's functions of arrays: write `using unroll::abs;`)");
  static_assert(
      on_tape,
      "make_problem: f(x, theta) must accept const VarVector& twice and give a Var, no double: write it as a "
      "template over the array type that returns auto or scalar_t<V>, with the library's functions");

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

  /// f.pattern(), where f has it.
  std::optional<SparsePattern> pattern() const override { return detail::pattern_of(f_); }

  Vector gradient(const Vector& x, const Vector& theta) const override {
    return this->written_gradient(x, theta);
  }
  void gradient_into(const VectorView& x, const VectorView& theta, WritableVector g) const override {
    detail::gradient_into(recorded(), x, theta, g);
  }
  Vector parameter_gradient(const Vector& x, const Vector& theta) const override {
    return detail::parameter_gradient(recorded(), x, theta);
  }
  SecondOrder second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                           const Matrix& theta_dot) const override {
    return this->written_second_order(x, theta, x_dot, theta_dot);
  }
  void second_order_into(const VectorView& x, const VectorView& theta, const ColumnsView& x_dot,
                         const ColumnsView& theta_dot, WritableColumns dx,
                         WritableColumns dtheta) const override {
    detail::second_order_into(recorded(), x, theta, x_dot, theta_dot, dx, dtheta);
  }
  SecondOrder third_order(const Vector& x, const Vector& theta, const Vector& w, const Matrix& x_dot,
                          const Matrix& theta_dot) const override {
    return detail::third_order(recorded(), x, theta, w, x_dot, theta_dot);
  }

 private:
  detail::Recorded<Var> recorded() const { return detail::recorded<Var>(f_); }

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

/// The same for an f of blocks, f(Net<V>, V), f(V, Prior<V>) or f(Net<V>, Prior<V>): in place of a number, x
/// or θ has a layout (see OnBlocks).
template <class F, class X, class Theta>
requires BlockLayout<X> || BlockLayout<Theta>
auto make_problem(F f, const X& x, const Theta& theta) {
  OnBlocks on{std::move(f), x, theta};
  const Index n = on.size(on.of_x), p = on.size(on.of_theta);
  return make_problem(std::move(on), n, p);
}

}  // namespace unroll
