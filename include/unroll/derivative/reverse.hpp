#pragma once

#include <cstddef>

#include "unroll/derivative/method.hpp"

namespace unroll {

/// Stands for "chosen from what the run shows", as std::endl stands for an end of line: a function, so that
/// other things may have the name.
struct Automatic {};
/// Of as many steps as matter: see LastSteps.
constexpr Automatic automatic() { return {}; }

/// Of how many steps, counted from the last, a derivative is taken: of all of them (the default), of K, or of
/// as many as matter (`automatic`).
class LastSteps {
 public:
  constexpr LastSteps() = default;
  /// Of the last K = `count`.
  constexpr LastSteps(Index count) : kind_(Kind::some), count_(count) {}  // NOLINT: implicit
  /// Of as many as matter: `automatic`, without parentheses.
  constexpr LastSteps(Automatic (*)()) : kind_(Kind::automatic) {}  // NOLINT: implicit

  constexpr bool is_all() const { return kind_ == Kind::all; }              // of every step: the default
  constexpr bool is_automatic() const { return kind_ == Kind::automatic; }  // of as many as matter
  constexpr Index count() const { return count_; }                          // K, where it was given

 private:
  enum class Kind { all, some, automatic };
  Kind kind_ = Kind::all;
  Index count_ = 0;
};

/// Unrolling, backwards: steps are recorded on a tape, and cotangents are pulled back through them. Cost of
/// the Jacobian: n Hessian-vector products a step, of a `vjp`: one.
///
/// Memory grows with the number of steps, unless there is a budget: then only a block of steps is on the tape
/// at a time, others are taken again from states that were kept (see CheckpointPlan), and the derivative
/// is the same. The budget caps the bytes of tape, sweep tables and kept states (`Cost::tape_bytes`); not the
/// cotangents, as many numbers as a state has for each of them. The size of a step on the tape is measured on
/// the first and watched: a block is cut short, and fewer states are kept where steps grow. Noticed too late,
/// once, may be a step that needs more than twice the room of any before; and, where a block is a single
/// step, the first that needs more than those measured. A second product takes the run again.
///
/// With `last_steps = K` the derivative is truncated: ∂x_{T−K} is taken for 0, and so is the derivative in
/// x_0 if K < T. What an array of the state holds that the steps pass on as it is, or make anew and the same,
/// made from θ or x_0 by the first step or by init, is not cut: it is a constant of the run, and is pulled
/// back through the first step (@throws UnsupportedError if it was made by another; by `automatic` all steps
/// are swept then). With `automatic` the sweep stops at the step s where the cotangents of all other arrays
/// have contracted to ‖w_s‖ ≤ τ ‖w_T‖, where τ = ρ^T ‖N_0 − N_T‖/‖N_T‖, within [2^−52, 0.1], estimates the
/// relative error of unrolling all steps: ρ is the measured contraction of the iterates, and N_t = wᵀ∂Φ_t/∂θ.
/// With e_t the error of ∂x_t and C = Lip(DΦ)(1 + ‖∂x*‖)‖x_0 − x*‖, truncation gives e_T ≤ ρ^(T−s) e_s +
/// (T−s) ρ^(T−1) C, least at s* = 1 + ln(C/(‖∂x*‖ ln(1/ρ)))/ln(1/ρ): this is s* with the constants measured.
/// Of cotangents along the run all steps are swept.
/// It rests on a step that does not depend on t, and contracts; on one that does neither, it may be wrong
/// without notice, and the certificate is the judge. States are kept and steps taken again as with a budget,
/// so that at most a quarter of a full tape is in use, beside what was prepared, where states are smaller
/// than steps on a tape. Where they are larger, as of a solver that carries a matrix, more than a full tape
/// may be: prepare it.
///
/// `corrected`: not ∂x_T but the better estimate of ∂x* that the same sweep knows. Unrolling takes ∂_θ∇f at
/// every x_t, early ones included, and that is what its derivative lags by; the adjoints themselves do not.
/// They are kept, and ∂_θ is taken at x_T alone, for one product more (no product of the sweep, and no tape,
/// is spared or added):
///  - gradient form: with ḡ_t the cotangent that gradient t receives, λ = −Σ_t ḡ_t, and
///      d = −M(x_T)ᵀ λ,  d − J_Tᵀw = −J_Tᵀ r exactly, with r = w − H(x_T) λ and J_T = −H⁻¹M at x_T;
///    on a quadratic r = P_T(H) w, and the factor of P_T' that unrolling suffers from is gone;
///  - fixed-point form, where θ enters elsewhere than in gradients (a prox, a projection, decay, or there is
///    no objective): with v the sum of the cotangents that arrive at the whole states s_1 … s_T,
///    d = ∂_θΦ(s_T)ᵀ v, Φ one more step; of steps that depend on t it is none.
/// Which it is, the solver declares (equation.hpp), or `equation` says; declared to be the gradient's, where
/// θ reached x around gradients and, at rest, their cotangents do not sum to λ, it is the other all the same;
/// else it is the gradient's if θ was reached through gradients alone. The record says which. Derivatives in
/// x_0 are 0, and what θ does through x_0(θ) or step sizes, which no solution depends on, is left out: of few
/// steps from a learned x_0 it is *not* the derivative, take Reverse{} there. A residual alone proves
/// nothing, the certificate has it together with the drift. It composes with threads, budget and last_steps.
///
/// `at_end`: the same adjoints without a recording of the run: steps T − 1, T − 2, … are taken at x_T, each
/// swept and forgotten, until what is left of the cotangent is ‖w̄‖ ≤ tolerance ‖w‖, or T are done
/// (Christianson 1994). The memory of one step, for any T. Not for states whose last step has no derivative
/// at a solution (conjugate gradients). @throws NumericalError where the steps at x_T make the cotangent no
/// shorter, of more than 16, or 1e6 times as long; UnsupportedError where one is refused there.
struct Reverse {
  static constexpr bool follows_steps = true;  // the derivative is made of the steps that were taken
  Index threads = 1;                           // over blocks of cotangents; the result does not depend on it
  std::size_t memory_budget = 0;  // bytes; 0: no budget, every step that is differentiated is on the tape
  LastSteps last_steps{};         // how many steps are differentiated
  bool corrected = false;         // the derivative of the solution, by the sweep's adjoints: see above
  bool at_end = false;            // the same, the sweep at x_T alone: see above
  Equation equation = Equation::automatic;  // by which the derivative is corrected
  double tolerance = 1e-10;                 // of at_end: the sweep ends where ‖w̄‖ ≤ tolerance ‖w‖
  Certify certify = Certify::automatic;     // whether a derivative gets a certificate

  /// Whether the derivative is that of the solution.
  bool is_corrected() const { return corrected || at_end; }
  /// @throws DomainError unless threads ≥ 1, 1 ≤ K ≤ options.steps and 0 < tolerance < 1; or if `at_end`
  /// meets a budget or last steps, which it has no use for.
  void check(const SolveOptions& options) const;
  /// The run as a linear map. @throws likewise.
  std::unique_ptr<Linearisation> linearise(detail::StepsPtr steps, const Wanted& wanted) const;
};

/// How a run of known length is reversed in bounded memory: `block` steps are on the tape at a time, and of
/// the blocks, as revolve has it (Griewank & Walther 2000), as few are taken again as can be: with c states
/// kept, r(T, c) = k T − binom(c + k, c + 1) of T, k the least integer with binom(c + k, c) ≥ T.
struct CheckpointPlan {
  Index steps = 0;        // T
  Index block = 0;        // steps on the tape at a time
  Index checkpoints = 0;  // states kept at a time, at most, x_0 among them; 0: all steps are taped at once
  Index recomputed_steps = 0;  // taken without a tape, block by block: block · r(⌈T/block⌉, checkpoints)
  double time_factor = 0;      // (2T + recomputed steps)/T: of a vjp, in runs without derivative
  std::size_t bytes = 0;       // of tape and kept states, at most
};

}  // namespace unroll
