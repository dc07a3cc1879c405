#pragma once

#include <cstddef>
#include <vector>

#include "unroll/types.hpp"

namespace unroll::detail {

/// Notices steps that cannot be repeated, of a solver that draws random numbers, counts its calls or reads a
/// clock: of each step, of every 2nd, 4th, … of a long run, the iterate's fingerprint Σ c_i x_i with fixed
/// weights c is kept, and a step that is taken again must give the same, up to what rounding may change where
/// an array stands elsewhere in memory.
class RepeatedSteps {
 public:
  /// Step `t` ≥ 1 gave the iterate x, n numbers; for the first time where `is_new`.
  /// @throws UnsupportedError, naming the step, if it gave another before.
  void check(Index t, const double* x, Index n, bool is_new);
  /// The run ended with step t, at x: whoever takes that step again must come there.
  void ends(Index t, const Vector& x);

 private:
  struct Fingerprint {
    double sum, size;  // Σ c_i x_i and Σ |c_i x_i|
  };
  static Fingerprint of(const double* x, Index n);
  static void compare(const Fingerprint& now, const Fingerprint& before, Index first, Index last);

  Index stride_ = 1;                // between steps that have a fingerprint
  std::vector<Fingerprint> known_;  // of steps 1·stride, 2·stride, …; at most `most`
  static constexpr std::size_t most = 4096;
  Index end_ = 0;  // the last step, if the run has ended
  Fingerprint at_end_{};
};

}  // namespace unroll::detail
