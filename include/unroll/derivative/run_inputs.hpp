#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "unroll/ad/access.hpp"
#include "unroll/ad/plain.hpp"
#include "unroll/derivative/state_tangents.hpp"
#include "unroll/derivative/steps.hpp"

namespace unroll::detail {

/// What goes into a solver's steps, in each world: θ, what problem and solver prepared of it, the state. The
/// solver is held as `Held`: by reference, or by value.
template <class S, class Held>
class RunInputs {
  using Plain = StateOf<S, Vector>;
  using Taped = StateOf<S, VarVector>;

 public:
  RunInputs(const Problem& problem, const S& solver, const Vector& theta, Cost& cost)
      : problem_(problem),
        solver_(solver),
        theta_(theta),
        cost_(cost),
        given_(problem.given(theta)),
        plain_(problem, &cost, plain_context_),
        recording_(problem, &cost, taped_context_) {
    if (given_) plain_context_ = {theta, given_, given_->point()};
  }
  RunInputs(const RunInputs&) = delete;
  RunInputs& operator=(const RunInputs&) = delete;

  const S& solver() const { return solver_; }
  const Oracle<Vector>& plain() const { return plain_; }
  const Oracle<VarVector>& recording() const { return recording_; }
  /// What the solver prepared, once.
  const PreparedOf<S, Vector>& prepared() {
    if (!prepared_) prepared_.emplace(prepare(solver_, theta_));
    return *prepared_;
  }

  /// θ with tangents (p×k; empty: none), and the oracle that belongs to it.
  /// @{
  RunContext<DualVector> dual(const Matrix& theta_dot) const {
    const bool moves = theta_dot.size() > 0;
    RunContext<DualVector> context{moves ? DualVector(theta_, theta_dot) : DualVector(theta_), given_};
    if (given_)
      context.point =
          moves ? DualVector(given_->point(), given_->push(theta_dot)) : DualVector(given_->point());
    return context;
  }
  Oracle<DualVector> oracle(const RunContext<DualVector>& context) const {
    return {problem_, &cost_, context};
  }
  /// @}

  /// θ, what was prepared (π of a GivenProblem first) and the state as inputs of a segment that begins anew,
  /// with the zeros of what is to be summed. Without a state it is the first, made of x_0.
  std::pair<PreparedOf<S, VarVector>, Taped> enter(Segment& segment, std::size_t room, const Gather& gather,
                                                   const Vector& x0, const Plain* from) {
    const auto input = [&](const auto& value) { return segment.input(value); };
    std::size_t arrays = 0;
    const auto prepared_input = [&](const auto& value) {
      return segment.follows_theta() && depends(arrays++) ? segment.input(value) : segment.constant(value);
    };
    segment.begin(theta_, room);
    segment.refer_to(solver_);
    taped_context_ = {segment.theta(), given_};
    if (given_)
      taped_context_.point =
          segment.follows_theta()
              ? concatenate(
                    segment.theta(),
                    segment.input(Vector(ad::rows_of(given_->point(), theta_.size(), given_entries()))))
              : segment.constant(given_->point());
    auto prepared = convert_prepared<PreparedOf<S, VarVector>>(this->prepared(), prepared_input);
    segment.prepared();
    if (gather.gradients)
      taped_context_.gathering = {segment.gather(Vector(Vector::Zero(x0.size()))), gather.passes_theta};
    Taped state =
        from == nullptr ? initial_state(solver_, segment.input(x0)) : convert_state<Taped>(*from, input);
    if (from != nullptr)
      for_each_placed(state, [&](const auto& taped, const Place& at) { segment.entered_at(taped, at); });
    zeros_.reset();
    if (gather.states)
      zeros_.emplace(convert_state<Taped>(convert_state<Plain>(state, numbers), [&]<class A>(const A& value) {
        if constexpr (std::is_same_v<A, double>)
          return segment.gather(0.0);
        else
          return segment.gather(A(A::Zero(value.rows(), value.cols())));
      }));
    segment.entered();
    return {std::move(prepared), std::move(state)};
  }
  /// After each step: adds the zeros that sum the cotangents of states, if there are any.
  void add_zeros(Taped& state) const {
    if (zeros_) state = plus_state(state, *zeros_);
  }

  /// What the solver prepares of θ with tangents (p×k); of none, the numbers that it prepared.
  /// @throws ShapeError if it is not as large as it was.
  PreparedOf<S, DualVector> dual_prepared(const RunContext<DualVector>& context, const Matrix& theta_dot) {
    if (theta_dot.size() == 0) return known();
    auto made = prepare(solver_, context.theta);
    check(made);
    return made;
  }

  /// Cotangents of what was prepared (q×s), pulled back to θ (p×s).
  Matrix pull_prepared(const Matrix& cotangents) {
    const Index s = cotangents.cols(), given = given_entries();
    Matrix pulled = Matrix::Zero(theta_.size(), s);
    if (given > 0) {
      pulled = given_->pull(ad::stacked(pulled, ad::rows_of(cotangents, 0, given)));
    }
    if constexpr (HasPrepare<S, VarVector>)
      pulled += pull_own(ad::rows_of(cotangents, given, cotangents.rows() - given));
    return pulled;
  }

 private:
  PreparedOf<S, DualVector> known() {
    return convert_prepared<PreparedOf<S, DualVector>>(prepared(), dual_constant);
  }
  // What was prepared again, dual or taped, is what it was.
  template <class Prepared>
  void check(const Prepared& made) {
    const auto before = known();
    Fingerprint now, then;
    for_each_taped(made, [&](const auto& member) { add_print(now, member); });
    for_each_taped(before, [&](const auto& member) { add_print(then, member); });
    check_prepared(entries_of(made), entries_of(before), now, then);
  }
  Index given_entries() const { return given_ ? given_->point().size() - theta_.size() : 0; }
  // Whether an array or scalar that the solver prepares, in order, depends on θ. The others are constants of
  // every recording.
  bool depends(std::size_t which) {
    if (!depends_) {
      depends_.emplace();
      Tape tape;
      tape.refer_to(solver());
      for_each_taped(prepare(solver(), tape.input(theta_)),
                     [&](const auto& taped) { depends_->push_back(!taped.is_constant()); });
    }
    return which >= depends_->size() || (*depends_)[which];
  }
  // What the solver prepared is recorded by itself, as a segment without steps, which the sums of all steps'
  // cotangents leave by.
  Matrix pull_own(const Matrix& cotangents) {
    Segment segment(cotangents.cols());
    segment.begin(theta_, 0);
    segment.refer_to(solver_);
    const auto prepared = prepare(solver_, segment.theta());
    segment.entered();
    for_each_taped(prepared, [&](const auto& taped) {
      if (!taped.is_constant()) segment.output(taped);
    });
    segment.end(segment.theta());
    check(prepared);
    check_prepared(segment.state_outputs().size(), cotangents.rows(), {}, {});
    Cotangents c{.state = cotangents};
    segment.sweep(c, {}, cotangents.cols(), 1);
    return c.theta;
  }

  const Problem& problem_;
  Held solver_;
  const Vector& theta_;
  Cost& cost_;
  std::shared_ptr<const GivenProblem> given_;
  RunContext<Vector> plain_context_;
  RunContext<VarVector> taped_context_;
  Oracle<Vector> plain_;
  Oracle<VarVector> recording_;
  std::optional<PreparedOf<S, Vector>> prepared_;
  std::optional<std::vector<bool>> depends_;  // of what the solver prepared, in order
  std::optional<Taped> zeros_;
};

}  // namespace unroll::detail
