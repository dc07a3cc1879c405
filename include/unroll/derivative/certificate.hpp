#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/solver/equation.hpp"
#include "unroll/types.hpp"

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
  /// x_T is not where the equation leads that is differentiated, or that is certified: with g its residual,
  /// ∇f(x_T) or x_T − Φ, the steps have come to rest, ‖x_T − x_{T−1}‖ < 1e-6 ‖g‖/L with L an estimate of the
  /// largest curvature (1 for a fixed point), where ‖g‖ > 1e-8 L max(1, ‖x_T‖) is no rounding. The solver
  /// solves another problem; more steps do not help.
  other_equation,
  /// Of a fixed point: Φ has a kink no further from x_T than 1e-9 max(1, |x_i|) in each entry, or, if e ≤
  /// accuracy ‖J‖_F, than ten times what x_T has to go: in the rows `kinks` ∂Φ changes by a hundredth there
  /// or, on a long way, by a tenth, and on half of that way not by about half. So it is at a bound, or an end
  /// of the support, with a multiplier of 0. e is for x* on the piece where x_T is; on another side x* may
  /// have another derivative.
  at_kink,
  /// Of a pullback: it is wrong, by `at_least` > accuracy times its norm.
  wrong_by_at_least,
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
/// Any x̂ bounds as x_T does, by any Ĵ there: ‖J − ∂x*‖_F ≤ ‖J − Ĵ‖_F + (residual + drift of Ĵ at x̂)/ℓ. Where
/// it is affordable, and the constants are known, `bound` is that of two steps of Newton's method from x_T
/// and of a Ĵ solved for there, each by a few conjugate residuals, if it is smaller.
///
/// Of a pullback u, an estimate of ∂x*ᵀw, with any λ, r = w − H(x_T) λ and B = (‖M(x_T)‖ + d Lip M)/ℓ ≥
/// ‖∂x*‖:
///   −M(x_T)ᵀλ − ∂x*ᵀw = −(M(x_T) − M(x*))ᵀλ − ∂x*ᵀ(r + (H(x_T) − H(x*)) λ), hence
///   ‖u − ∂x*ᵀw‖ ≤ residual + drift,  residual = ‖u + M(x_T)ᵀλ‖ + B‖r‖,  drift = d (Lip M + B Lip H) ‖λ‖,
/// where of a self-concordant f (Curvature::self_concordance) τ = Rd makes ℓB e^{τ/2}(e^τ − 1) √(λᵀH(x_T)λ/ℓ)
/// of B Lip H ‖λ‖ d if that is less, as e^{−τ} H(x_T) ≤ H(x*) ≤ e^τ H(x_T);
/// and it is at least ‖u + M(x_T)ᵀλ‖ − B‖r‖ − drift (Ehrhardt & Roberts 2023 bound −Mᵀλ, with
/// ‖w‖/ℓ for ‖λ‖). `bound` and `at_least` are those of an x̂ and a λ̂ there, as above, where they are sharper.
/// w is that of x_T; of a hypergradient, where w = ∂_xF(x, θ), all that is F's counts, too: dF/dθ = u + ∂_θF
/// is judged, and to the drift comes d (B Lip ∂_xF + Lip ∂_θF), estimated from products at x_T.
///
/// Of a fixed point s = Φ(s, θ), R = J − ∂_sΦ J − ∂_θΦ, and of a pullback ρ = w − v + ∂_sΦᵀv, take the places
/// of the residuals: ‖J − ∂s*‖ ≤ ‖(I − ∂_sΦ)⁻¹R‖ + drift, of which some terms of the series Σ_j ‖∂_sΦ^j R‖
/// are measured, and the rest taken for twice what their ratio q makes of the last, or by q ≥ ‖∂_sΦ‖ where
/// problem and solver know it (Problem::curvature, and a solver's `contraction`); the drift is what R
/// changes in one more step, times 1/(1 − q). The fifteen steps before the last, each by its number, are
/// taken at x_T, too: if one moves J by more than 1e-2 of it from where the last moves it, there is no bound,
/// and what less they move it is drift, and q that of all, one after another. So it is an estimate, and there
/// is none before x_T is near: where ‖x_T − Φ‖/(1 − q) is more than a hundredth of ‖x_T − x_0‖. At least
/// ‖R‖/(1 + ‖∂_sΦ‖) − drift is off; of a pullback u, ‖u − ∂_θΦᵀv‖ less what v may be off.
struct Certificate {
  Equation equation = Equation::automatic;  // whose residuals these are; automatic: none was looked at
  std::optional<double> gradient_norm{};  // ‖∇_x f(x_T, θ)‖_2, or ‖x_T − Φ(x_T, θ)‖_2 of a fixed point
  std::optional<double> residual{};  // ‖R‖_F; of a fixed point ‖J − ∂_xΦ J − ∂_θΦ‖_F
  std::optional<double> drift{};     // see above
  std::optional<double> smallest_eigenvalue{};   // ℓ
  std::optional<double> bound{};                 // on ‖J − ∂x*‖_F, or ‖u − ∂x*ᵀw‖
  std::optional<double> at_least{};              // a lower bound on the same, if it is positive
  std::optional<double> distance{};              // d ≥ ‖x_T − x*‖
  std::optional<double> jacobian_norm{};         // of a pullback: B ≥ ‖∂x*‖
  std::optional<double> contraction{};           // q, of a fixed point
  std::vector<Index> kinks{};                    // see Verdict::at_kink: entries of the state, x's first
  double norm = 0;                               // ‖J‖_F, or ‖u‖; of a hypergradient ‖dF/dθ‖
  double accuracy = 0.01;                        // of Verdict::good
  ConstantSource source = ConstantSource::none;  // of ℓ and of the constants in the drift
  Verdict verdict = Verdict::unknown;            // on J, from `bound`
  std::string_view missing{};                    // why there is no bound, where one was looked for
  bool is_skipped = false;  // not all was measured, as that would cost more than a tenth of the derivative

  /// True if the bound rests on an estimate, and is one itself.
  bool estimated() const { return source == ConstantSource::estimated; }
  /// What is known, in one sentence.
  std::string message() const;
};

/// "good", "inside burn-in", …
std::string_view describe(Verdict verdict);

}  // namespace unroll
