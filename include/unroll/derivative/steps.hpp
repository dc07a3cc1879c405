#pragma once

#include <functional>
#include <optional>

#include "unroll/derivative/repeated.hpp"
#include "unroll/derivative/result.hpp"
#include "unroll/derivative/segment.hpp"
#include "unroll/derivative/start.hpp"
#include "unroll/derivative/state_members.hpp"
#include "unroll/solver/equation.hpp"
#include "unroll/solver/run.hpp"

namespace unroll::detail {

/// ‖x − y‖, without overflow.
double distance(const Vector& x, const Vector& y);

/// Where a stretch of a run ended, and why.
struct Stop {
  Index steps;    // taken
  Status status;  // how the run ended
};

/// Sees an iterate, n, and in forward mode its tangents, n×k.
using SeeIterate = std::function<void(Index t, const Vector& x)>;
using SeeTangents = std::function<void(Index t, const Vector& x, const Matrix& x_dot)>;

/// What a recording sums beside derivatives in θ: the cotangents that all gradients of f at the run's θ
/// receive (n rows), then those that arrive at the state after every step (N rows, stacked).
struct Gather {
  bool gradients = false;
  bool states = false;
  bool passes_theta = true;  // whether θ, too, receives what reaches it through those gradients
};

/// A solver's steps on a problem, from a start at θ, the solver's type forgotten: all that the ways to
/// differentiate a run ever ask of it. It holds one state, can keep others, and can take steps from it, off a
/// tape or on. The first time that steps are taken they count for the record, stop the run and are observed;
/// later passes are silent, end where the first did, and must give the same iterates.
class Steps {
 public:
  /// Refers to `problem`. @throws ShapeError, DomainError for a start, θ or options that `run` refuses.
  Steps(const Problem& problem, Start start, Vector theta, SolveOptions options, Equation equation);
  virtual ~Steps() = default;
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

  const Problem& problem() const { return problem_; }
  const Start& start() const { return start_; }
  const Vector& theta() const { return theta_; }
  const Vector& x0() const { return x0_; }
  const SolveOptions& options() const { return options_; }
  /// What the solver declares.
  Equation equation() const { return equation_; }
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

  // The whole run, on plain arrays.
  /// Takes the run and leaves the state at its end.
  void run() { run_until({}); }
  /// The same as far as x_t is not `enough`, which is asked after every step. The run counts as ended there;
  /// asked once more it goes on.
  virtual void run_until(const std::function<bool(const Vector& x)>& enough) = 0;
  /// A run from elsewhere, silent and of `steps` steps. @throws NumericalError if it is not finite so long.
  virtual void run_from(const Vector& x0, const Vector& theta, Index steps, const SeeIterate& see) const = 0;
  /// The whole run, or its last step, was taken again and gave x. @throws UnsupportedError if that is not
  /// x_T.
  void repeats_end(const Vector& x) { repeated_.check_end(x); }
  /// The run with tangents: ẋ_0 is n×k, θ̇ p×k. Those of x_T, n×k; `see`, if any, is shown all.
  virtual Matrix run_forward(const Matrix& x0_dot, const Matrix& theta_dot, const SeeTangents& see = {}) = 0;

  // Stretches of it, on a tape.
  /// The state becomes that of step 0.
  virtual void restart() = 0;
  /// The state, of step `from`, moves on to step `to` > from. On the memory of `segment`, which begins anew,
  /// with `room`, whenever that is full.
  virtual Stop advance(Index from, Index to, Segment& segment, std::size_t room) = 0;
  /// Records the same in `segment`, or as many steps as it finds room for; the state stays. Marks the
  /// iterates that `marked` names. A segment from step 0 enters with x_0.
  virtual Stop record_steps(Index from, Index to, Segment& segment, std::size_t room,
                            const std::function<bool(Index t)>& marked = {}) = 0;
  virtual void keep(Index slot) = 0;
  virtual void restore(Index slot) = 0;
  virtual void drop(Index slot) = 0;
  /// Of the state, if it were kept.
  virtual std::size_t bytes() const = 0;
  virtual Vector x() const = 0;

  // The last step, after the run has ended.
  /// The state becomes that of step T.
  virtual void to_end() = 0;
  /// The state becomes that where the last step that was accepted and moved x started, for which steps that
  /// were all on a tape are taken once more. Its number, or 0 if there is none.
  virtual Index step_back() = 0;
  /// Takes the last step that moved x once more, where its start is at hand: see repeats_end.
  virtual void repeat_last_step() = 0;
  /// The state becomes what step t, on plain arrays, makes of it: the frozen step where there is one.
  virtual void step_on(Index t) = 0;
  /// Where a recording starts: at x_0, which init makes the state of step 0, or at the state.
  enum class Entry { start, state };
  /// Records the step from the state, of step t, as it is differentiated at the end of a run: the solver's
  /// frozen step where there is one; sums what `gather` says. False if that step was not accepted, or gives x
  /// back as it is, where there is nothing to gain.
  virtual bool record_last_step(Index t, Entry entry, Segment& segment, const Gather& gather = {}) = 0;
  /// Tangents of the state, stacked (N×k), and of θ (p×k; empty: zero), pushed through that step: N×k.
  virtual Matrix push_last_step(Index t, const Matrix& state_dot, const Matrix& theta_dot) = 0;
  /// The same from another state and θ, those plus what is given (N, p).
  virtual Matrix push_last_step_beside(Index t, const Matrix& state_dot, const Matrix& theta_dot,
                                       const Vector& state_by, const Vector& theta_by) = 0;
  /// Those of the state through the step itself.
  virtual Matrix push_step(Index t, const Matrix& state_dot) = 0;
  /// Tangents of the state of step t, 0 or 1, N×k, for θ̇ (p×k).
  virtual Matrix push_start(Index t, const Matrix& theta_dot) = 0;

  /// What the solver says of how its last step contracts, where f's curvature is at least ℓ: see solver.hpp.
  virtual std::optional<double> contraction(double smallest_eigenvalue) const = 0;

  /// What was prepared, π of a GivenProblem first: cotangents (q×s) pulled back to θ (p×s).
  virtual Matrix pull_prepared(const Matrix& cotangents) = 0;

  /// While it lives, steps are taken as if they had been before: silently, and for no record.
  class Rehearsal {
   public:
    explicit Rehearsal(Steps& steps);
    ~Rehearsal() { steps_.known_ = known_; }
    Rehearsal(const Rehearsal&) = delete;
    Rehearsal& operator=(const Rehearsal&) = delete;

   private:
    Steps& steps_;
    Index known_;
  };
  /// Steps before this one were taken before.
  Index known() const { return known_; }

 protected:
  /// What the loop is asked of steps from t on.
  const SolveOptions& options_from(Index t, Index to);
  const SolveOptions& whole_run() { return options_from(0, length()); }
  /// Once, before the first step: shows x_0.
  void begin();
  /// On a tape, step t gave this state. @throws UnsupportedError if it gave another before.
  template <class State>
  void repeats(Index t, const State& state) {
    if (repeated_.watches(t)) repeated_.check(t, print_of(state), t > known_);
  }
  /// The last step, taken again, gave these members beside the iterate. @throws likewise.
  void repeated_others(const Fingerprint& again, const Fingerprint& before) const {
    repeated_.check_others(again, before);
  }
  /// A stretch was taken up to `stop`, whose iterate is x: how many of its steps were accepted, and
  /// how far the last of them moved. Says in `stop` how a run ended that is over.
  void taken(Stop& stop, const Vector& x, Index accepted, std::optional<double> move, bool is_enough = false);
  /// ‖x − previous‖ of the step that ended a run, if it counts.
  static std::optional<double> move_of(const Stop& stop, bool accepted, const Vector& x,
                                       const Vector& previous);
  /// Before more steps of a run that was ended because it was enough.
  void go_on();

 private:
  const Problem& problem_;
  Start start_;
  Vector theta_;
  SolveOptions options_, watched_{options_}, silent_{};
  Equation equation_;
  Gather gather_{};
  Vector x0_;
  RepeatedSteps repeated_;
  Index known_ = 0;     // steps before this one were taken before
  Index accepted_ = 0;  // of those
  bool has_begun_ = false, has_ended_ = false, was_enough_ = false;
};

/// @throws NumericalError: a run beside was not finite so long.
[[noreturn]] void throw_short_run(Index steps, Index wanted);

/// @throws ShapeError if what a solver prepares for the same θ does not always have as many entries,
/// UnsupportedError if these are not always the same.
void check_prepared(Index entries, Index before, const Fingerprint& now, const Fingerprint& then);

}  // namespace unroll::detail
