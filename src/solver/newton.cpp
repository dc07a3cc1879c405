#include "unroll/solver/newton.hpp"

#include <cmath>

#include "instantiate.hpp"
#include "metric_step.hpp"
#include "unroll/problem/quadratic.hpp"
#include "unroll/solver/option_checks.hpp"

namespace unroll {
namespace {

Matrix damped(Matrix H, double damping) {
  H.diagonal().array() += damping;
  return H;
}

/// Exact in x and θ where H(θ) is constant in x. With d = A⁻¹∇f(x) held constant, ∇f(x − d) has the tangent
///   H ẋ + Σ_i (∂_iH (x − d) + ∂_ib) θ̇_i,
/// in which −∂_iH d stands for what ∂A⁻¹ does to the step.
template <class V>
State<V> quadratic_step(const Matrix& A, const Oracle<V>& f, const State<V>& s, const V& theta) {
  const Vector d = metric_direction("Newton", A, f.plain().gradient(value_of(s.x), value_of(theta)));
  const V landed = s.x - d;
  const V g = f.gradient(landed, theta);
  return {landed - metric_direction("Newton", A, V(g - value_of(g)))};
}

}  // namespace

void Newton::check() const {
  detail::check_option("Newton", "damping", damping, "finite and not negative",
                       damping >= 0 && std::isfinite(damping));
}

template <class V>
State<V> Newton::step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
  if constexpr (std::is_same_v<V, Vector>) {
    return frozen_step(f, s, theta, t);
  } else {
    if (dynamic_cast<const QuadraticProblem*>(&f.problem()) == nullptr)
      throw UnsupportedError(
          "Newton: unrolling it needs third derivatives of f, which only a QuadraticProblem has; take "
          "Implicit{} or OneStep{}");
    return quadratic_step(damped(f.hessian(s.x, theta), damping), f, s, theta);
  }
}

template <class V>
State<V> Newton::frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
  const Matrix H = f.hessian(s.x, theta);
  return metric_step("Newton", damped(H, damping), H, f, s, theta);
}

UNROLL_INSTANTIATE(Newton, State, step)
UNROLL_INSTANTIATE(Newton, State, frozen_step)

}  // namespace unroll
