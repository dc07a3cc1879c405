#pragma once

#include <cstddef>
#include <vector>

#include "unroll/problem/problem.hpp"

namespace unroll::detail {

/// What is kept of numbers to know them again: Σ c_i x_i with fixed weights c, and Σ |c_i x_i|, however many
/// are added at a time.
class Fingerprint {
 public:
  void add(const double* x, Index n);
  void add(double x) { add(&x, 1); }
  /// Whether the numbers may be the same, up to what rounding changes where an array stands elsewhere in
  /// memory. NaN counts as 0, an infinity as 1.
  bool is_near(const Fingerprint& other, double tolerance = 1e-8) const;

 private:
  Index count_ = 0;
  double weight_ = 1;  // of the next strip
  double sum_ = 0, size_ = 0;
};

/// ∇f, asked for twice at the end of a run of T steps, is the same: the sweep asks f anew at every iterate,
/// and takes for granted that it is what the run saw. Looked at where T ≥ 64, and of fewer steps once for
/// every type of problem, so that it costs little; of a finite sum its first term stands for all.
/// @throws UnsupportedError.
void check_same_gradient(const Problem& problem, const Vector& x, const Vector& theta, Index steps);

/// Of a state: the iterate, beside whose numbers others may be large, and the other members.
struct StatePrint {
  Fingerprint x, others;
};

/// Notices steps that cannot be repeated, of a solver that draws random numbers, counts its calls or reads a
/// clock: of each step, of every 2nd, 4th, … of a long run, the fingerprint of the state is kept, and a step
/// that is taken again must give the same.
class RepeatedSteps {
 public:
  /// From now on of every `stride`-th step alone; before the first step.
  void look_at_every(Index stride) { stride_ = stride; }
  /// Whether `check` would look at what step `t` ≥ 1 gives.
  bool watches(Index t) const { return t == end_ || t % stride_ == 0; }
  /// Step `t` gave this state; for the first time where `is_new`.
  /// @throws UnsupportedError, naming the step, if it gave another before.
  void check(Index t, const StatePrint& state, bool is_new);
  /// The run ended with step t, at x: whoever takes that step again must come there.
  void ends(Index t, const Vector& x);
  /// That step gave x. @throws likewise.
  void check_end(const Vector& x) const;
  /// It gave these members beside x. @throws likewise.
  void check_others(const Fingerprint& again, const Fingerprint& before) const;

 private:
  Index stride_ = 1;               // between steps that have a fingerprint
  std::vector<StatePrint> known_;  // of steps 1·stride, 2·stride, …; at most `most`
  static constexpr std::size_t most = 4096;
  Index end_ = 0;  // the last step, if the run has ended
  Fingerprint at_end_{};
};

}  // namespace unroll::detail
