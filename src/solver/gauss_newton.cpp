#include "unroll/solver/gauss_newton.hpp"

#include <cmath>

#include "instantiate.hpp"
#include "metric_step.hpp"
#include "unroll/problem/least_squares.hpp"
#include "unroll/solver/option_checks.hpp"

namespace unroll {

void GaussNewton::check() const {
  detail::check_option("Gauss-Newton", "damping", damping, "finite and not negative",
                       damping >= 0 && std::isfinite(damping));
}

template <class V>
State<V> GaussNewton::step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
  if constexpr (std::is_same_v<V, Vector>) {
    return frozen_step(f, s, theta, t);
  } else {
    throw UnsupportedError(
        "Gauss-Newton: unrolling it needs the derivative of the residuals' Jacobian, which a problem does "
        "not "
        "give; take Implicit{} or OneStep{}");
  }
}

template <class V>
State<V> GaussNewton::frozen_step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
  const auto* const problem = dynamic_cast<const LeastSquares*>(&f.problem());
  if (problem == nullptr)
    throw UnsupportedError("Gauss-Newton: the problem does not give its residuals (see make_least_squares)");
  const Matrix J = problem->residual_jacobian(value_of(s.x), value_of(theta));
  Matrix A = J.transpose() * J;
  A.diagonal().array() += damping;
  const Matrix H = std::is_same_v<V, Vector> ? A : f.hessian(s.x, theta);  // read by derivatives alone
  return metric_step("Gauss-Newton", A, H, f, s, theta);
}

UNROLL_INSTANTIATE(GaussNewton, State, step)
UNROLL_INSTANTIATE(GaussNewton, State, frozen_step)

}  // namespace unroll
