#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "unroll/problem/cost.hpp"
#include "unroll/problem/problem.hpp"

namespace unroll {

/// What a derivative is worth. With e = `bound` and J the derivative:
enum class Verdict {
  /// e ≤ accuracy ‖J‖_F.
  good,
  /// e > accuracy ‖J‖_F, and residual ≥ drift: J is further from solving its equation than x_T is from moving
  /// it. The derivative lags behind its iterate, as inside the burn-in of unrolling; more steps help.
  inside_burn_in,
  /// e > accuracy ‖J‖_F, and residual < drift: x_T is too far from x* for a derivative at x_T to tell.
  not_converged,
  /// There is no bound: no lower bound ℓ > 0 of the curvature is at hand, or nothing to put it to.
  unknown,
};

/// Where the constants behind a bound come from.
enum class ConstantSource {
  none,       // there is no bound
  given,      // ℓ by the caller, and the Lipschitz constants by the problem
  exact,      // ℓ is the smallest eigenvalue of H: quadratics
  known,      // by the problem (Problem::curvature)
  estimated,  // one of them from a few products at x_T: then the bound is an estimate, too
};

/// How far a derivative J may be from that of x*, from what can be measured at x_T.
/// With R = H(x_T) J + M(x_T), ℓ a lower bound of f's curvature and d = ‖∇f(x_T)‖/ℓ ≥ ‖x_T − x*‖,
///   H(x*)(J − ∂x*) = H(x*) J + M(x*) = R + (H(x*) − H(x_T)) J + M(x*) − M(x_T), hence
///   ‖J − ∂x*‖_F ≤ (residual + drift)/ℓ,   drift = d (Lip M + Lip H ‖J‖_F).
/// On a quadratic Lip H = 0 and Lip M = (Σ_i‖∂_iH‖_2²)^{1/2}. It holds to rounding, κ·1e-16 of ‖J‖.
struct Certificate {
  std::optional<double> gradient_norm{};  // ‖∇_x f(x_T, θ)‖_2, or ‖x_T − Φ(x_T, θ)‖_2 of a fixed point
  std::optional<double> residual{};  // ‖R‖_F; of a fixed point ‖J − ∂_xΦ J − ∂_θΦ‖_F
  std::optional<double> drift{};     // see above
  std::optional<double> smallest_eigenvalue{};  // ℓ
  std::optional<double> bound{};  // on ‖J − ∂x*‖_F; times ‖w‖, on the error of Jᵀw
  double norm = 0;                // ‖J‖_F
  ConstantSource source = ConstantSource::none;  // of ℓ and of the constants in the drift
  Verdict verdict = Verdict::unknown;            // on J, from `bound`

  /// True if the bound rests on an estimate, and is one itself.
  bool estimated() const { return source == ConstantSource::estimated; }
  /// What is known, in one sentence.
  std::string message() const;
};

/// How a certificate is made.
struct CertifyOptions {
  std::optional<double> smallest_eigenvalue{};  // ℓ; without it the problem's own, or else an estimate
  double accuracy = 0.01;                       // of Verdict::good, relative to ‖J‖_F; > 0
};

/// Certifies J (n×p) at x. Costs one gradient and p Hessian-vector products; where the problem knows no
/// constants, min(n, 20) more for ℓ (Lanczos from ∇f(x): an overestimate that is good near x*) and p for the
/// drift (the change of R on the way to where Newton's step points). Without an objective, Verdict::unknown.
/// @throws ShapeError, DomainError unless accuracy and ℓ are positive and finite.
Certificate certify(const Problem& problem, const Vector& x, const Vector& theta, const Matrix& jacobian,
                    Cost* cost = nullptr, const CertifyOptions& options = {});

/// The same for J θ̇, n, with one product in place of p: bounds ‖J θ̇ − ∂x* θ̇‖.
Certificate certify_tangent(const Problem& problem, const Vector& x, const Vector& theta,
                            const Vector& pushed,   // n, J θ̇
                            const Vector& tangent,  // p, θ̇
                            Cost* cost = nullptr, const CertifyOptions& options = {});

/// For Jᵀw alone: there is no J to put into the equation, so that only ‖∇f(x)‖ is measured, at the cost of a
/// gradient, and the verdict is unknown. `certify_pullback` tells more, for more.
Certificate certify_point(const Problem& problem, const Vector& x, const Vector& theta, Cost* cost = nullptr);

/// "good", "inside burn-in", …
std::string_view describe(Verdict verdict);

}  // namespace unroll
