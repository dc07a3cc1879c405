#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "repeated.hpp"
#include "segment.hpp"
#include "unroll/derivative/result.hpp"
#include "unroll/derivative/steps_of.hpp"

namespace unroll::detail {

/// ‖x − y‖, without overflow.
double distance(const Vector& x, const Vector& y);
/// @throws ShapeError unless `vector` has `size` entries, DomainError if one is not finite.
void check_product(const char* operation, const char* name, const Vector& vector, Index size);

/// Where a stretch of a run ended, and why.
struct Stop {
  Index steps;    // taken
  Status status;  // how the run ended
};

/// While it lives, `place` has another value.
template <class T>
class [[nodiscard]] Temporarily {
 public:
  Temporarily(T& place, T value) : place_(place), before_(std::exchange(place, value)) {}
  ~Temporarily() { place_ = before_; }
  Temporarily(const Temporarily&) = delete;
  Temporarily& operator=(const Temporarily&) = delete;

 private:
  T& place_;
  T before_;
};

/// Sees an iterate, n.
using SeeIterate = std::function<void(Index t, const Vector& x)>;
/// And, in forward mode, its tangents, n×k.
using SeeTangents = std::function<void(Index t, const Vector& x, const Matrix& x_dot)>;

/// What a recording sums beside derivatives in θ: the cotangents that all gradients of f at the run's θ
/// receive (n rows), then those that arrive at the state after every step (N rows, stacked).
struct Gather {
  bool gradients = false;
  bool states = false;
  bool passes_theta = true;  // whether θ, too, receives what reaches it through those gradients
};

class RunInputs;
struct Entered;

/// A solver's steps on a problem, from a start at θ: all that the ways to differentiate a run ever ask of it.
/// It holds one state, can keep others, and can take steps from it, off a tape or on. The first time that
/// steps are taken they count for the record, stop the run and are observed; later passes are silent, end
/// where the first did, and must give the same iterates. Those that need no tape are taken on one too, soon
/// forgotten: every pass does the same arithmetic, gives the same bits, takes the same branches.
class Steps {
 public:
  /// Refers to `problem`. @throws ShapeError, DomainError for a start, θ or options that `run` refuses.
  Steps(const Problem& problem, std::shared_ptr<const AnySolver> solver, Start start, Vector theta,
        SolveOptions options);
  ~Steps();
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  const Problem& problem() const { return problem_; }
  const std::shared_ptr<const AnySolver>& solver() const { return solver_; }
  const Start& start() const { return start_; }
  const Vector& theta() const { return theta_; }
  const Vector& x0() const { return x0_; }
  const SolveOptions& options() const { return options_; }
  /// What the solver declares.
  Equation equation() const { return solver_->plain().equation(); }
  Index dimension() const { return problem_.dimension(); }    // n
  Index parameters() const { return problem_.parameters(); }  // p

  /// x_T, T, how the run ended and what was spent so far: in this one place.
  RunRecord record{};
  /// ‖x_T − x_{T−1}‖, once the run has ended, if the last step was accepted.
  std::optional<double> last_move{};
  bool has_ended() const { return has_ended_; }
  /// T once it is known, before that the most it can be.
  Index length() const { return has_ended_ ? record.steps : options_.steps; }

  /// Before the first step: it is not likely that steps are taken again, and that they give the same is
  /// looked at here and there.
  void hardly_repeats() { repeated_.look_at_every(64); }
  /// What recordings sum, from now on.
  void gather(const Gather& gather) { gather_ = gather; }
  const Gather& gathers() const { return gather_; }
  /// Whether θ reached gradients that are not in those sums: carried in the state, or as a copy.
  bool sums_miss_gradients() const;

  // The whole run, on plain arrays.
  /// Takes the run and leaves the state at its end.
  void run() { run_until({}); }
  /// The same as far as x_t is not `enough`, which is asked after every step. The run counts as ended there;
  /// asked once more it goes on.
  void run_until(const std::function<bool(const Vector& x)>& enough);
  /// A run from elsewhere, silent and of `steps` steps. @throws NumericalError if it is not finite so long.
  void run_from(const Vector& x0, const Vector& theta, Index steps, const SeeIterate& see) const;
  /// The whole run, or its last step, was taken again and gave x. @throws UnsupportedError if that is not
  /// x_T.
  void repeats_end(const Vector& x) { repeated_.check_end(x); }
  /// The run with tangents: ẋ_0 is n×k, θ̇ p×k. Those of x_T, n×k; `see`, if any, is shown all.
  Matrix run_forward(const Matrix& x0_dot, const Matrix& theta_dot, const SeeTangents& see = {});

  // Stretches of it, on a tape.
  /// The state becomes that of step 0.
  void restart();
  /// The state, of step `from`, moves on to step `to` > from. On the memory of `segment`, which begins anew,
  /// with `room`, whenever that is full.
  Stop advance(Index from, Index to, Segment& segment, std::size_t room);
  /// Where a recording ended, and with which state.
  struct Recorded : Stop {
    StatePtr<VarVector> state;
  };
  /// Records the same in `segment`, or as many steps as it finds room for; the state stays. Marks the
  /// iterates that `marked` names. A segment from step 0 enters with x_0.
  Recorded record_steps(Index from, Index to, Segment& segment, std::size_t room,
                        const std::function<bool(Index t)>& marked = {});
  void keep(Index slot);
  void restore(Index slot);
  void drop(Index slot);
  /// Of the state, if it were kept.
  std::size_t bytes() const;
  Vector x() const;

  // The last step, after the run has ended.
  /// The state becomes that of step T.
  void to_end();
  /// The state becomes that where the last step that was accepted and moved x started, for which steps that
  /// were all on a tape are taken once more. Its number, or 0 if there is none.
  Index step_back();
  /// Takes the last step that moved x once more, where its start is at hand: see repeats_end.
  void repeat_last_step();
  /// The state becomes what step t, on plain arrays, makes of it: the frozen step where there is one.
  void step_on(Index t);
  /// Where a recording starts: at x_0, which init makes the state of step 0, or at the state.
  enum class Entry { start, state };
  /// Records the step from the state, of step t, as it is differentiated at the end of a run: the solver's
  /// frozen step where there is one; sums what `gather` says. False if that step was not accepted, or gives x
  /// back as it is, where there is nothing to gain.
  bool record_last_step(Index t, Entry entry, Segment& segment, const Gather& gather = {});
  /// Tangents of the state, stacked (N×k), and of θ (p×k; empty: zero), pushed through that step: N×k.
  Matrix push_last_step(Index t, const Matrix& state_dot, const Matrix& theta_dot);
  /// The same from another state and θ, those plus what is given (N, p).
  Matrix push_last_step_beside(Index t, const Matrix& state_dot, const Matrix& theta_dot,
                               const Vector& state_by, const Vector& theta_by);
  /// Tangents of the state of step t, 0 or 1, N×k, for θ̇ (p×k).
  Matrix push_start(Index t, const Matrix& theta_dot);

  bool has_frozen_step() const { return solver_->plain().has_frozen_step(); }
  /// While what it gives lives, what is differentiated at the end of a run is the step as it was taken, not
  /// the frozen one; unless `not_frozen` is false.
  Temporarily<bool> as_taken(bool not_frozen = true) { return {freezes_, freezes_ && !not_frozen}; }

  /// What the solver says of how its last step contracts, where f's curvature is at least ℓ: see solver.hpp.
  std::optional<double> contraction(double smallest_eigenvalue) const {
    return solver_->contraction(smallest_eigenvalue);
  }

  /// Cotangents at x_0, p×s: those of what was prepared (π of a GivenProblem first) and of x_0(θ) pulled back
  /// to θ, and its own.
  Matrix pull_to_theta(const Cotangents& start);

  /// While what it gives lives, steps are taken as if they had been before: silently, and for no record.
  Temporarily<Index> rehearsal() { return {known_, all}; }
  /// Steps before this one were taken before.
  Index known() const { return known_; }

 private:
  static constexpr Index all = std::numeric_limits<Index>::max();
  void begin();
  void note_stretch(Stop& stop, const Vector& x, Index accepted, std::optional<double> move,
                    bool is_enough = false);
  Entered enter(Entry entry, Segment& segment, std::size_t room, const Gather& gather);
  static std::optional<double> move_of(const Stop& stop, bool accepted, const Vector& x,
                                       const Vector& previous);
  /// Which step is differentiated at the end of a run.
  template <class V>
  typename SolverIn<V>::Which last() const {
    return freezes_ ? SolverIn<V>::Which::frozen : SolverIn<V>::Which::step;
  }
  StatePtr<Vector> stepped(const AnyState<Vector>& from, Index t, SolverIn<Vector>::Which which) const;

  const Problem& problem_;
  Start start_;
  Vector theta_;
  SolveOptions options_;
  Gather gather_{};
  Vector x0_;
  std::shared_ptr<const AnySolver> solver_;
  std::unique_ptr<RunInputs> inputs_;
  StatePtr<Vector> state_{}, end_{};
  StatePtr<Vector> before_{};  // where the last step that moved x started from, where that is known
  Index last_ = 0;             // and its number
  std::vector<StatePtr<Vector>> kept_{};
  RepeatedSteps repeated_;
  Index known_ = 0;     // steps before this one were taken before
  Index accepted_ = 0;  // of those
  bool has_begun_ = false, has_ended_ = false, was_enough_ = false;
  bool freezes_ = true;  // see as_taken
};

/// Says in the record of a run that its derivative is not finite, and where that began, if what it takes to
/// look is at hand: memory for all states, 256 MiB at most, and steps that can be taken again.
void note_non_finite_derivative(Steps& steps);

}  // namespace unroll::detail
