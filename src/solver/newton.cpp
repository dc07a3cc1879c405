#include "unroll/solver/newton.hpp"

#include <cmath>
#include <string_view>
#include <type_traits>
#include <utility>

#include "curved_step.hpp"
#include "instantiate.hpp"
#include "unroll/solver/option_checks.hpp"

namespace unroll {
namespace {

/// A V + μ V.
LinearMap damped(LinearMap A, double damping) {
  if (damping != 0)
    A.apply = [of_A = std::move(A.apply), damping](const Matrix& v) -> Matrix {
      return of_A(v) + damping * v;
    };
  return A;
}

/// (A + μI)⁻¹, A = ∂_xG(x, θ), by the solver that was asked for.
template <class V>
Factorisation inverse(const LinearMap& A, const Oracle<V>& f, const V& x, const V& theta, double damping,
                      const LinearOptions& linear) {
  const LinearSolver solver = linear.solver != LinearSolver::automatic ? linear.solver
                              : A.pattern                              ? LinearSolver::sparse
                                                                       : LinearSolver::dense;
  const std::string_view hint = A.symmetric ? "; more damping may help" : "";
  if (solver == LinearSolver::dense || solver == LinearSolver::sparse)
    return in_step_of("Newton", hint, [&] { return factorised(A, solver, damping); });
  const auto by = [&](LinearMap map) {
    return [map = damped(std::move(map), damping), linear, hint](const Matrix& b) {
      return in_step_of("Newton", hint, [&] { return solve_linear(map, b, linear); });
    };
  };
  return Factorisation::by(A.size, by(A), by(f.derivative(x, theta, ad::Side::transposed)));
}

/// The largest α = 1, ½, … at which the residual has fallen, ‖G(x − αδ)‖ ≤ (1 − α/10⁴)‖G(x)‖; or the last.
double damped_length(const Oracle<Vector>& f, const Vector& x, const Vector& theta, const Vector& g,
                     const Vector& direction, Index halvings) {
  constexpr double sufficient = 1e-4;
  double alpha = 1;
  const double before = g.stableNorm();
  for (Index i = 0; i < halvings; ++i, alpha /= 2)
    if (f.gradient(x - alpha * direction, theta).stableNorm() <= (1 - sufficient * alpha) * before) break;
  return alpha;
}

}  // namespace

void Newton::check() const {
  detail::check_option("Newton", "damping", damping, "finite and not negative",
                       damping >= 0 && std::isfinite(damping));
  detail::check_option("Newton", "halvings", static_cast<double>(halvings), "not negative", halvings >= 0);
  linear.check();
}

template <class V>
State<V> Newton::step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
  const LinearisedGradient at = f.linearised(s.x, theta);
  const Factorisation A = inverse(at.derivative, f, s.x, theta, damping, linear);
  const Vector g = at.gradient(), direction = A.solve(g);
  const double alpha =
      halvings == 0 ? 1 : damped_length(f.plain(), value_of(s.x), value_of(theta), g, direction, halvings);
  if constexpr (std::is_same_v<V, Vector>) {
    return {s.x - alpha * direction};
  } else {
    return {curved_step(s.x, f.gradient(s.x, theta), f.product(s.x, theta, direction), A, direction, alpha)};
  }
}

template <class V>
State<V> Newton::frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
  if constexpr (std::is_same_v<V, Vector>) {
    return step(f, s, theta, t);
  } else {
    const Vector landed = step(f.plain(), State<Vector>{value_of(s.x)}, value_of(theta), t).x;
    return {frozen_landing(s.x, f.gradient(s.x, theta),
                           inverse(f.derivative(s.x, theta), f, s.x, theta, 0, linear), landed)};
  }
}

UNROLL_INSTANTIATE(Newton, State, step)
UNROLL_INSTANTIATE(Newton, State, frozen_step)

}  // namespace unroll
