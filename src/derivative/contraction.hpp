#pragma once

#include <memory>

#include "unroll/derivative/replay.hpp"

namespace unroll::detail {

/// How far a run, and the cotangents swept back through it, have contracted: what `last_steps = automatic`
/// goes by, see Reverse.
class Contraction {
 public:
  /// Records the first step. Leaves the replay at step 0.
  void start(Replay& replay, const Vector& theta);
  bool has_started() const { return has_started_; }
  /// Measures the first step and that from `at`, the replay's state, of a run of T = `steps`, by the
  /// cotangents of its end (n×s).
  void measure(Replay& replay, const Vector& theta, Index at, Index steps, const Matrix& cotangents);
  /// Whether the cotangents have contracted so far that steps before them do not matter.
  bool is_enough(const std::vector<Matrix>& cotangents) const;

 private:
  struct Step {
    std::unique_ptr<Segment> segment{};
    double move = 0;                               // ‖x_{t+1} − x_t‖
    Matrix slope(const Matrix& cotangents) const;  // wᵀ∂Φ_t/∂θ, transposed: p×s
  };
  static Step take(Replay& replay, const Vector& theta, Index at);

  bool has_started_ = false;
  Step first_{};
  Vector scale_;       // norms of the cotangents at the end, s
  double enough_ = 0;  // τ
};

}  // namespace unroll::detail
