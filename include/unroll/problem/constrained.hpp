#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "unroll/ad/structure.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/root.hpp"

namespace unroll {

/// ∇_x f(x, θ) = 0 as a root: a stationary point of f, be it a minimum, a maximum or a saddle. H need not be
/// positive definite, and Newton's method factorises it by LU.
class StationaryPoint : public Root {
 public:
  explicit StationaryPoint(std::shared_ptr<const Problem> f) : f_(std::move(f)) {}
  template <std::derived_from<Problem> P>
  explicit StationaryPoint(P f) : f_(std::make_shared<const P>(std::move(f))) {}
  Index dimension() const override { return f_->dimension(); }
  Index parameters() const override { return f_->parameters(); }
  Vector residual(const Vector& x, const Vector& theta) const override { return f_->gradient(x, theta); }
  Matrix push_gradient(const Vector& x, const Vector& theta, const Matrix& x_dot,
                       const Matrix& theta_dot) const override {
    return f_->push_gradient(x, theta, x_dot, theta_dot);
  }
  SecondOrder pull_gradient(const Vector& x, const Vector& theta, const Matrix& w) const override {
    return f_->pull_gradient(x, theta, w);
  }
  SecondOrder third_order(const Vector& x, const Vector& theta, const Vector& w, const Matrix& x_dot,
                          const Matrix& theta_dot) const override {
    return f_->third_order(x, theta, w, x_dot, theta_dot);
  }
  void check_domain(const Vector& theta) const override { f_->check_domain(theta); }
  std::optional<SparsePattern> pattern() const override { return f_->pattern(); }

 private:
  std::shared_ptr<const Problem> f_;
};

/// c(x, theta) gives an array over V, or, where there is one constraint, a scalar.
template <class C, class V>
concept ConstraintOver = requires(const C& c, const V& x) {
  requires std::convertible_to<decltype(c(x, x)), V> || std::convertible_to<decltype(c(x, x)), scalar_t<V>>;
};

namespace detail {
template <class C>
constexpr bool is_constraint = ConstraintOver<C, Vector>&& ConstraintOver<C, VarVector>;
/// @throws ShapeError unless c gave m entries.
void check_constraints(Index entries, Index m);
/// c(x, θ), m.
template <class V, class C>
V constraints_at(const C& c, const V& x, const V& theta, Index m) {
  if constexpr (std::convertible_to<decltype(c(x, theta)), V>) {
    V all = c(x, theta);
    check_constraints(all.size(), m);
    return all;
  } else {
    check_constraints(1, m);
    const scalar_t<V> one = c(x, theta);
    return V(assemble(std::span<const scalar_t<V>>(&one, 1)));
  }
}
}  // namespace detail

/// L(z, θ) = f(x, θ) + λᵀc(x, θ), z = (x, λ), n + m.
template <class F, class C>
struct Lagrangian {
  F f;
  C c;
  Index n, m;
  template <class V>
  scalar_t<V> operator()(const V& z, const V& theta) const {
    const V x = head(z, n);
    return scalar_t<V>(f(x, theta)) + dot(tail(z, m), detail::constraints_at(c, x, theta, m));
  }
};

/// min_x f(x, θ) subject to c(x, θ) = 0, m equations, by the conditions of Karush, Kuhn and Tucker: the root
/// ∇f + ∂cᵀλ = 0, c = 0 in z = (x, λ), n + m. Newton's method on it is sequential quadratic programming
/// (Nocedal & Wright 2006, 18.1); all methods differentiate it, x and multipliers alike. A stationary point
/// is found, near the start; where the rows of ∂c depend on each other the Jacobian is singular, and the
/// solver says so. f and c are templates over the array type. @throws ShapeError unless n ≥ 1, m ≥ 0, p ≥ 0.
template <class F, class C>
StationaryPoint make_constrained(F f, C c, Index n, Index m, Index p) {
  static_assert(
      detail::is_constraint<C>,
      "make_constrained: c(x, theta) must accept const Vector& and const VarVector& twice, and give an "
      "array of m entries: `V(assemble(std::vector<scalar_t<V>>{first, second}))`, or a scalar where m "
      "is 1");
  check_dimensions(n, m, "make_constrained");
  using L = Lagrangian<F, C>;
  return StationaryPoint(
      std::make_shared<const TemplateProblem<L>>(L{std::move(f), std::move(c), n, m}, n + m, p));
}

}  // namespace unroll
