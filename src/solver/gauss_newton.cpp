#include "unroll/solver/gauss_newton.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "curved_step.hpp"
#include "instantiate.hpp"
#include "unroll/problem/least_squares.hpp"
#include "unroll/solver/levenberg_marquardt.hpp"
#include "unroll/solver/option_checks.hpp"

namespace unroll {
namespace {

/// @throws UnsupportedError unless the problem gives its residuals.
const LeastSquares& residuals_of(std::string_view method, const Problem& problem) {
  const auto* const found = dynamic_cast<const LeastSquares*>(&problem);
  if (found == nullptr)
    throw UnsupportedError(
        fmt::format("{}: the problem does not give its residuals (see make_least_squares)", method));
  return *found;
}

/// What a step is made of: δ = (JᵀJ + μI)⁻¹ Jᵀr, on numbers.
struct NormalStep {
  const LeastSquares& problem;
  Matrix J, A;  // A = JᵀJ + μI
  Factorisation factor;
  Vector gradient, delta;

  NormalStep(std::string_view method, const LeastSquares& least_squares, Matrix jacobian, double damping,
             const Vector& g)
      : problem(least_squares),
        J(std::move(jacobian)),
        A(J.transpose() * J),
        factor(damped_factor(method, A, "J^T J", damping)),
        gradient(g),
        delta(factor.solve(g)) {}

  /// x − δ, with its derivative, μ being a constant.
  template <class V>
  V landing(const Oracle<V>&, const V& x, const V& theta, const V& g) const {
    if constexpr (std::is_same_v<V, Vector>)
      return x - delta;
    else
      return curved_step(x, g, normal_product(problem, x, theta, J, delta), factor, delta, 1);
  }
};

/// Of what depends on θ, one of countably many values: constant but for jumps, so that its derivative is 0.
/// (They are where no round number is: at odd powers of √2.)
/// @{
double power_of_two(double a) {
  constexpr double root = 1.4142135623730951;
  return a > 0 && std::isfinite(a) ? std::ldexp(1.0, std::ilogb(root * a)) : a;
}
double eighths(double a) { return std::round(8 * a) / 8; }
/// @}

}  // namespace

void GaussNewton::check() const {
  detail::check_option("Gauss-Newton", "damping", damping, "finite and not negative",
                       damping >= 0 && std::isfinite(damping));
}

template <class V>
State<V> GaussNewton::step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
  const LeastSquares& problem = residuals_of("Gauss-Newton", f.problem());
  const V g = f.gradient(s.x, theta);
  const NormalStep step("Gauss-Newton", problem, problem.residual_jacobian(value_of(s.x), value_of(theta)),
                        damping, value_of(g));
  return {step.landing(f, s.x, theta, g)};
}

template <class V>
State<V> GaussNewton::frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
  if constexpr (std::is_same_v<V, Vector>) {
    return step(f, s, theta, t);
  } else {
    const Vector landed = step(f.plain(), State<Vector>{value_of(s.x)}, value_of(theta), t).x;
    return {frozen_landing(s.x, f.gradient(s.x, theta),
                           curvature_factor("Gauss-Newton", f.hessian(s.x, theta)), landed)};
  }
}

UNROLL_INSTANTIATE(GaussNewton, State, step)
UNROLL_INSTANTIATE(GaussNewton, State, frozen_step)

void LevenbergMarquardt::check() const {
  detail::check_option("Levenberg-Marquardt", "first_damping", first_damping, "positive and finite",
                       first_damping > 0 && std::isfinite(first_damping));
}

template <class V>
LevenbergMarquardt::State<V> LevenbergMarquardt::step(const Oracle<V>& f, const State<V>& s, const V& theta,
                                                      Index) const {
  const LeastSquares& problem = residuals_of("Levenberg-Marquardt", f.problem());
  const Vector &x = value_of(s.x), &at = value_of(theta);
  const V g = f.gradient(s.x, theta);
  Matrix J = problem.residual_jacobian(x, at);
  const double largest = power_of_two(J.colwise().squaredNorm().maxCoeff()),
               damping = s.damping * (largest == 0 ? 1 : largest);
  const NormalStep step("Levenberg-Marquardt", problem, std::move(J), damping, value_of(g));
  const double before = problem.value(x, at), after = problem.value(x - step.delta, at),
               promised = 0.5 * step.delta.dot(damping * step.delta + step.gradient);
  constexpr double rounding = 1e-14;  // of f: what the ratio says then is noise
  const bool at_rest = promised <= rounding * before;
  const double gain = (before - after) / promised;
  if (!at_rest && !(gain > 0)) return {s.x, s.damping * s.growth, 2 * s.growth, false};
  const double next =
      at_rest ? s.damping : s.damping * std::max(1.0 / 3, eighths(1 - std::pow(2 * gain - 1, 3)));
  return {step.landing(f, s.x, theta, g), next, 2, true};
}

template <class V>
LevenbergMarquardt::State<V> LevenbergMarquardt::frozen_step(const Oracle<V>& f, const State<V>& s,
                                                             const V& theta, Index t) const {
  if constexpr (std::is_same_v<V, Vector>) {
    return step(f, s, theta, t);
  } else {
    const auto next =
        step(f.plain(), State<Vector>{value_of(s.x), s.damping, s.growth, s.accepted}, value_of(theta), t);
    if (!next.accepted) return {s.x, next.damping, next.growth, false};
    const Factorisation H = curvature_factor("Levenberg-Marquardt", f.hessian(s.x, theta));
    return {frozen_landing(s.x, f.gradient(s.x, theta), H, next.x), next.damping, next.growth, true};
  }
}

UNROLL_INSTANTIATE(LevenbergMarquardt, LevenbergMarquardt::State, step)
UNROLL_INSTANTIATE(LevenbergMarquardt, LevenbergMarquardt::State, frozen_step)

}  // namespace unroll
