#pragma once

#include <memory>

#include "derivative/run/steps.hpp"

namespace unroll::detail {

/// How far a run, and the cotangents swept back through it, have contracted: what `last_steps = automatic`
/// goes by, see Reverse.
class Contraction {
 public:
  /// Records the first step. Leaves the steps at step 0.
  void start(Steps& steps);
  bool has_started() const { return first_.segment != nullptr; }
  /// Measures the first step and that from `at`, the state's step, of a run of T = `length`, by the
  /// cotangents of its end (n×s).
  void measure(Steps& steps, Index at, Index length, const Matrix& cotangents);
  /// Whether the cotangents (N×s) of arrays that are not carried have contracted so far that steps before
  /// them do not matter.
  bool is_enough(Matrix cotangents, const std::vector<Segment::Rows>& carried) const;

 private:
  struct Step {
    std::unique_ptr<Segment> segment{};
    double move = 0;                               // ‖x_{t+1} − x_t‖
    Matrix slope(const Matrix& cotangents) const;  // wᵀ∂Φ_t/∂θ, transposed: p×s
  };
  static Step take(Steps& steps, Index at);

  Step first_{};
  Vector scale_;       // norms of the cotangents at the end, s
  double enough_ = 0;  // τ
};

}  // namespace unroll::detail
