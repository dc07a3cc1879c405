#include "unroll/solver/newton.hpp"

#include <fmt/format.h>

#include <Eigen/SVD>
#include <cmath>
#include <string>

#include "curved_step.hpp"
#include "instantiate.hpp"
#include "unroll/solver/option_checks.hpp"

namespace unroll {
namespace {

/// What to say of a matrix that cannot be solved with.
std::string singular_value(const Matrix& A) {
  return fmt::format("; the smallest singular value of the Jacobian is {:.3g}, the largest {:.3g}",
                     Eigen::JacobiSVD<Matrix>(A).singularValues().minCoeff(),
                     Eigen::JacobiSVD<Matrix>(A).singularValues().maxCoeff());
}

/// (A + μI)⁻¹, A = ∂_xG: Cholesky's factors of a Hessian, LU's of a root's Jacobian.
Factorisation factorised(const Problem& problem, Matrix A, double damping) {
  if (!A.allFinite())
    throw NumericalError(
        "Newton: the Jacobian at x has entries that are not finite, x is outside the domain");
  if (problem.has_objective()) return damped_factor("Newton", A, damping);
  A.diagonal().array() += damping;
  try {
    return Factorisation::lu(A);
  } catch (const NumericalError& e) {
    throw NumericalError(fmt::format("Newton: {}{}", e.what(), singular_value(A)));
  }
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
}

template <class V>
State<V> Newton::step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
  const Factorisation A = factorised(f.problem(), f.hessian(s.x, theta), damping);
  const V g = f.gradient(s.x, theta);
  const Vector g_now = value_of(g), direction = A.solve(g_now);
  const double alpha =
      halvings == 0 ? 1
                    : damped_length(f.plain(), value_of(s.x), value_of(theta), g_now, direction, halvings);
  if constexpr (std::is_same_v<V, Vector>) {
    return {s.x - alpha * direction};
  } else {
    return {curved_step(s.x, g, f.product(s.x, theta, direction), A, direction, alpha)};
  }
}

template <class V>
State<V> Newton::frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
  if constexpr (std::is_same_v<V, Vector>) {
    return step(f, s, theta, t);
  } else {
    const Vector landed = step(f.plain(), State<Vector>{value_of(s.x)}, value_of(theta), t).x;
    return {frozen_landing(s.x, f.gradient(s.x, theta), factorised(f.problem(), f.hessian(s.x, theta), 0),
                           landed)};
  }
}

UNROLL_INSTANTIATE(Newton, State, step)
UNROLL_INSTANTIATE(Newton, State, frozen_step)

}  // namespace unroll
