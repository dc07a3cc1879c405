#pragma once

#include <utility>

#include "unroll/ad/prox.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/problem/constrained.hpp"

namespace unroll {

namespace detail {
/// @throws ShapeError unless both bounds are of one size ≥ 1, DomainError unless lower ≤ upper and one of
/// the two is finite where they are equal.
void check_constraint_bounds(const Vector& lower, const Vector& upper);
}  // namespace detail

/// f(x, θ) + ρ/2 ‖v − Π(v)‖², v = c(x, θ) + λ/ρ, Π the projection onto lower ≤ v ≤ upper, as an objective in
/// x with the parameters (θ, λ): the augmented Lagrangian, but for ‖λ‖²/(2ρ) (Bertsekas, Constrained
/// Optimization and Lagrange Multiplier Methods, 1982, ch. 2 and 3).
template <class F, class C>
struct AugmentedObjective {
  F f;
  C c;
  Vector lower, upper;  // m
  double penalty;       // ρ > 0

  template <class V>
  scalar_t<V> operator()(const V& x, const V& parameters) const {
    const Index m = lower.size();
    const V theta = head(parameters, parameters.size() - m);
    const V excess = outside(V(detail::constraints_at(c, x, theta, m) + tail(parameters, m) / penalty));
    return scalar_t<V>(f(x, theta)) + (0.5 * penalty) * squared_norm(excess);
  }
  /// v − Π(v), m.
  template <class V>
  V outside(const V& v) const {
    return V(v - box_projection(v, lower, upper));
  }
};

/// min_x f(x, θ) subject to lower ≤ c(x, θ) ≤ upper, m of them: where lower_i = upper_i an equation; bounds
/// may be infinite. As a Problem it is its objective; the constraints are the solver's, AugmentedLagrangian.
template <class F, class C>
class NonlinearProgram final : public TemplateProblem<F> {
 public:
  /// @throws ShapeError unless n ≥ 1, p ≥ 0, and both bounds are of one size ≥ 1; DomainError unless lower ≤
  /// upper, and finite where they are equal.
  NonlinearProgram(F f, C c, Index n, Index p, Vector lower, Vector upper)
      : TemplateProblem<F>(std::move(f), n, p),
        c_(std::move(c)),
        lower_(std::move(lower)),
        upper_(std::move(upper)) {
    detail::check_constraint_bounds(lower_, upper_);
  }

  Index constraints() const { return lower_.size(); }  // m
  /// The augmented Lagrangian with the penalty ρ > 0.
  TemplateProblem<AugmentedObjective<F, C>> augmented(double penalty) const {
    return {{this->function(), c_, lower_, upper_, penalty},
            this->dimension(),
            this->parameters() + constraints()};
  }

 private:
  C c_;
  Vector lower_, upper_;
};

/// The program with templates f and c over the array type; c gives an array of m entries, or a scalar where m
/// is 1. @throws as the constructor.
template <class F, class C>
NonlinearProgram<F, C> make_nonlinear_program(F f, C c, Index n, Index p, Vector lower, Vector upper) {
  static_assert(detail::is_constraint<C>,
                "make_nonlinear_program: c(x, theta) must accept const Vector& and const VarVector& twice, "
                "and give an array of m entries, or a scalar where m is 1");
  return {std::move(f), std::move(c), n, p, std::move(lower), std::move(upper)};
}

}  // namespace unroll
