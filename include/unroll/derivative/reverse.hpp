#pragma once

#include <cstddef>

#include "unroll/derivative/method.hpp"
#include "unroll/derivative/plan.hpp"

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
/// at a time, others are taken again from states that were kept (see derivative/plan.hpp), and the derivative
/// is the same. The budget caps the bytes of tape, sweep tables and kept states (`Cost::tape_bytes`); not the
/// cotangents, as many numbers as a state has for each of them. The size of a step on the tape is measured on
/// the first and watched: a block is cut short, and a step that needs more than twice the room of any before
/// is the only thing that may be noticed too late, once. A second product takes the run again.
///
/// With `last_steps = K` the derivative is truncated: ∂x_{T−K} is taken for 0, and so is the derivative in
/// x_0 if K < T. What an array of the state holds that the steps do not make but pass on as it is, made from
/// θ or x_0 by the first step or by init, is not cut: it is a constant of the run, and is pulled back through
/// the first step (@throws UnsupportedError if it was made by another). With `automatic` the sweep stops at
/// the step s where the cotangents of all other arrays have contracted to ‖w_s‖ ≤ τ ‖w_T‖, where
/// τ = ρ^T ‖N_0 − N_T‖/‖N_T‖, within [2^−52, 0.1], estimates the relative error of unrolling all steps: ρ is
/// the measured contraction of the iterates, and N_t = wᵀ∂Φ_t/∂θ. With e_t the error of ∂x_t and
/// C = Lip(DΦ)(1 + ‖∂x*‖)‖x_0 − x*‖, truncation gives e_T ≤ ρ^(T−s) e_s + (T−s) ρ^(T−1) C, least at
/// s* = 1 + ln(C/(‖∂x*‖ ln(1/ρ)))/ln(1/ρ): this is s* with the constants measured. It rests on a step that
/// does not depend on t, and contracts; on one that does neither, it may be wrong without notice, and the
/// certificate is the judge. States are kept and steps taken again as with a budget, so that at most a
/// quarter of a full tape is in use, where states are smaller than steps on a tape.
struct Reverse {
  Index threads = 1;              // over blocks of cotangents; the result does not depend on it
  std::size_t memory_budget = 0;  // bytes; 0: no budget, every step that is differentiated is on the tape
  LastSteps last_steps{};         // how many steps are differentiated
  Certify certify = Certify::automatic;  // whether a derivative gets a certificate

  /// @throws DomainError unless threads ≥ 1 and 1 ≤ K ≤ options.steps.
  void check(const SolveOptions& options) const;
  /// The run as a linear map. @throws likewise.
  std::unique_ptr<Linearisation> linearise(std::unique_ptr<detail::Steps> steps, const Wanted& wanted) const;
};

namespace detail {
/// The numbers that a scalar has as adjoints while all threads sweep.
Index adjoints_per_scalar(Index n, Index columns, Index threads);
/// The sweep by checkpoints, truncated where it is asked: see src/derivative/checkpoints.cpp.
std::unique_ptr<Linearisation> checkpointed(std::unique_ptr<Steps> steps, const Wanted& wanted,
                                            const Reverse& method);
CheckpointPlan checkpoint_plan(Steps& steps, Index columns, const Reverse& method);
}  // namespace detail

}  // namespace unroll
