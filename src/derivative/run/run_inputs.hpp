#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "steps.hpp"

namespace unroll::detail {

/// With what a segment begins.
struct Entered {
  PreparedPtr<VarVector> prepared;
  StatePtr<VarVector> state;
};

/// What goes into a solver's steps, in each world: θ, what problem and solver prepared of it, the state.
class RunInputs {
 public:
  /// Refers to all that it is given.
  RunInputs(const Problem& problem, const AnySolver& solver, const Vector& theta, Cost& cost);
  RunInputs(const RunInputs&) = delete;
  RunInputs& operator=(const RunInputs&) = delete;

  /// On plain arrays, given what the solver prepared, once.
  Stepping<Vector> plain();
  const Oracle<Vector>& oracle() const { return plain_; }
  /// On a tape, given what `enter` prepared.
  Stepping<VarVector> recording(const Segment& segment, const AnyArrays<VarVector>& prepared) const {
    return {solver_.taped(), recording_, segment.theta(), prepared};
  }

  /// θ with tangents (p×k; empty: none), the oracle that belongs to it, and what the solver prepares of it:
  /// of none, the numbers that it prepared.
  struct Moving {
    Moving(RunContext<DualVector> moving, const Problem& problem, Cost* cost)
        : context(std::move(moving)), f(problem, cost, context) {}
    Moving(const Moving&) = delete;
    Moving& operator=(const Moving&) = delete;

    RunContext<DualVector> context;
    Oracle<DualVector> f;
    PreparedPtr<DualVector> prepared{};
  };
  /// @throws ShapeError if it is not as large as it was.
  std::unique_ptr<const Moving> moving(const Matrix& theta_dot);
  Stepping<DualVector> pushing(const Moving& moving) const {
    return {solver_.dual(), moving.f, moving.context.theta, *moving.prepared};
  }

  /// θ, what was prepared (π of a GivenProblem first) and the state as inputs of a segment that begins anew,
  /// with the zeros of what is to be summed. Without a state it is the first, made of x_0.
  Entered enter(Segment& segment, std::size_t room, const Gather& gather, const Vector& x0,
                const AnyState<Vector>* from);
  /// After each step: adds the zeros that sum the cotangents of states, if there are any.
  void add_zeros(AnyState<VarVector>& state) const;

  /// Whether a gradient was recorded whose cotangent is not in the sum: see Gathering.
  bool sums_miss() const { return sums_miss_; }

  /// Cotangents of what was prepared (q×s), pulled back to θ (p×s).
  Matrix pull_prepared(const Matrix& cotangents);

 private:
  const AnyArrays<Vector>& prepared();
  PreparedPtr<DualVector> known();
  template <class V>
  void check(const AnyArrays<V>& made);
  Index given_entries() const { return given_ ? given_->point().size() - theta_.size() : 0; }
  bool depends(std::size_t which);
  Matrix pull_own(const Matrix& cotangents);

  const Problem& problem_;
  const AnySolver& solver_;
  const Vector& theta_;
  Cost& cost_;
  std::shared_ptr<const GivenProblem> given_;
  RunContext<Vector> plain_context_;
  RunContext<VarVector> taped_context_;
  Oracle<Vector> plain_;
  Oracle<VarVector> recording_;
  PreparedPtr<Vector> prepared_{};
  std::optional<std::vector<bool>> depend_{};
  StatePtr<VarVector> zeros_{};
  bool sums_miss_ = false;
};

}  // namespace unroll::detail
