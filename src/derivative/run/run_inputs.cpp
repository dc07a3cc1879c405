#include "run_inputs.hpp"

#include <fmt/format.h>

#include <utility>

#include "state_parts.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

RunInputs::RunInputs(const Problem& problem, const AnySolver& solver, const Vector& theta, Cost& cost)
    : problem_(problem),
      solver_(solver),
      theta_(theta),
      cost_(cost),
      given_(problem.given(theta)),
      plain_(problem, &cost, plain_context_),
      recording_(problem, &cost, taped_context_) {
  if (given_) plain_context_ = {theta, given_, given_->point()};
}

Stepping<Vector> RunInputs::plain() { return {solver_.plain(), plain_, theta_, prepared()}; }

const AnyArrays<Vector>& RunInputs::prepared() {
  if (!prepared_) prepared_ = solver_.plain().prepare(theta_);
  return *prepared_;
}

PreparedPtr<DualVector> RunInputs::known() {
  auto constants = as_dual_constants();
  return solver_.dual().into(prepared(), constants);
}

namespace {
/// @throws ShapeError if what a solver prepares for the same θ does not always have as many entries,
/// UnsupportedError if these are not always the same.
void check_prepared(Index entries, Index before, const Fingerprint& now, const Fingerprint& then) {
  if (entries != before)
    throw ShapeError(fmt::format(
        "prepare: the result has {} entries, it had {} before: it must be a function of theta alone", entries,
        before));
  constexpr double tolerance =
      1e-3;  // off a tape and on it rounding differs, and what is prepared may amplify it
  if (!now.is_near(then, tolerance))
    throw UnsupportedError(
        "prepare: called again it gives other numbers than before: it must be a function of theta alone "
        "(draw random numbers by a generator that is seeded anew in every call)");
}
}  // namespace

// What was prepared again, dual or taped, is what it was.
template <class V>
void RunInputs::check(const AnyArrays<V>& made) {
  const auto before = known();
  check_prepared(entries_of(made), entries_of(*before), print_of_carried(made), print_of_carried(*before));
}

std::unique_ptr<const RunInputs::Moving> RunInputs::moving(const Matrix& theta_dot) {
  const bool moves = theta_dot.size() > 0;
  RunContext<DualVector> context{moves ? DualVector(theta_, theta_dot) : DualVector(theta_), given_};
  if (given_)
    context.point =
        moves ? DualVector(given_->point(), given_->push(theta_dot)) : DualVector(given_->point());
  auto moving = std::make_unique<Moving>(std::move(context), problem_, &cost_);
  if (moves) {
    moving->prepared = solver_.dual().prepare(moving->context.theta);
    check(*moving->prepared);
  } else {
    moving->prepared = known();
  }
  return moving;
}

// Whether an array or scalar that the solver prepares, in order, depends on θ. The others are constants of
// every recording.
bool RunInputs::depends(std::size_t which) {
  if (!depend_) {
    depend_.emplace();
    Tape tape;
    solver_.watch(tape);
    const auto made = solver_.taped().prepare(tape.input(theta_));
    for_each_carrier(*made, [&](const auto& a, const Place&) { depend_->push_back(!a.is_constant()); });
  }
  return which >= depend_->size() || (*depend_)[which];
}

Entered RunInputs::enter(Segment& segment, std::size_t room, const Gather& gather, const Vector& x0,
                         const AnyState<Vector>* from) {
  segment.begin(theta_, room);
  segment.refer_to(solver_);
  taped_context_ = {segment.theta(), given_};
  if (given_)
    taped_context_.point =
        segment.follows_theta()
            ? concatenate(segment.theta(),
                          segment.input(Vector(given_->point().segment(theta_.size(), given_entries()))))
            : segment.constant(given_->point());
  const SolverIn<VarVector>& solver = solver_.taped();
  auto inputs = becoming<VarVector>([&](const auto& value) { return segment.input(value); });
  // Those that depend on θ as inputs, the others as constants.
  auto of_theta = becoming<VarVector>([&, next = std::size_t{0}](const auto& value) mutable {
    return segment.follows_theta() && depends(next++) ? segment.input(value) : segment.constant(value);
  });
  Entered entered{solver.into(prepared(), of_theta), nullptr};
  segment.prepared();
  if (gather.gradients)
    taped_context_.gathering = {segment.gather(Vector(Vector::Zero(x0.size()))), gather.passes_theta,
                                &sums_miss_};
  entered.state =
      from == nullptr ? solver.start(segment.input(x0), segment.theta()) : solver.into(*from, inputs);
  if (from != nullptr)
    for_each_carrier(*entered.state, [&](const auto& a, const Place& at) { segment.entered_at(a, at); });
  zeros_.reset();
  if (gather.states) {
    auto zeros = becoming<VarVector>([&]<class A>(A value) {
      if constexpr (std::is_same_v<A, double>)
        return segment.gather(0.0);
      else
        return segment.gather(A(value.setZero()));
    });
    zeros_ = solver.into(*solver.out_of(*entered.state), zeros);
  }
  segment.entered();
  return entered;
}

void RunInputs::add_zeros(AnyState<VarVector>& state) const {
  if (zeros_) add(state, *zeros_);
}

Matrix RunInputs::pull_prepared(const Matrix& cotangents) {
  const Index s = cotangents.cols(), given = given_entries(), own = cotangents.rows() - given;
  Matrix pulled = Matrix::Zero(theta_.size(), s);
  if (given > 0) {
    Matrix w(theta_.size() + given, s);
    w << pulled, cotangents.topRows(given);
    pulled = given_->pull(w);
  }
  if (own > 0) pulled += pull_own(cotangents.bottomRows(own));
  return pulled;
}

// What the solver prepared is recorded by itself, as a segment without steps, which the sums of all steps'
// cotangents leave by.
Matrix RunInputs::pull_own(const Matrix& cotangents) {
  Segment segment(cotangents.cols());
  segment.begin(theta_, 0);
  segment.refer_to(solver_);
  const auto made = solver_.taped().prepare(segment.theta());
  segment.entered();
  for_each_carrier(*made, [&](const auto& a, const Place&) {
    if (!a.is_constant()) segment.output(a);
  });
  segment.end(segment.theta());
  check(*made);
  check_prepared(segment.state_outputs().size(), cotangents.rows(), {}, {});
  Cotangents c{.state = cotangents};
  segment.sweep(c, {}, cotangents.cols(), 1);
  return c.theta;
}

}  // namespace unroll::detail
