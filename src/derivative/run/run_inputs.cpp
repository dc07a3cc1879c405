#include "run_inputs.hpp"

#include <fmt/format.h>

#include <functional>
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
  AsDualConstants constants;
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
    for (const auto& part : made->parts()) {
      if (part.array != nullptr) depend_->push_back(!part.array->is_constant());
      if (part.scalar != nullptr) depend_->push_back(!part.scalar->is_constant());
    }
  }
  return which >= depend_->size() || (*depend_)[which];
}

namespace {
/// Arrays and numbers as inputs of a segment.
class AsInputs : public IntoWorld<VarVector> {
 public:
  explicit AsInputs(Segment& segment) : segment_(segment) {}
  VarVector operator()(const Vector& value) override { return segment_.input(value); }
  VarMatrix operator()(const Matrix& value) override { return segment_.input(value); }
  Var operator()(double value) override { return segment_.input(value); }

 private:
  Segment& segment_;
};

/// Those that depend on θ as inputs, the others as constants.
class AsPrepared final : public IntoWorld<VarVector> {
  template <class A>
  auto become(const A& value) {
    return segment_.follows_theta() && depends_(next_++) ? segment_.input(value) : segment_.constant(value);
  }

 public:
  AsPrepared(Segment& segment, std::function<bool(std::size_t)> depends)
      : segment_(segment), depends_(std::move(depends)) {}
  VarVector operator()(const Vector& value) override { return become(value); }
  VarMatrix operator()(const Matrix& value) override { return become(value); }
  Var operator()(double value) override { return become(value); }

 private:
  Segment& segment_;
  std::function<bool(std::size_t)> depends_;
  std::size_t next_ = 0;
};

/// Zeros of the same shapes, whose cotangents are summed.
class AsZeros final : public IntoWorld<VarVector> {
 public:
  explicit AsZeros(Segment& segment) : segment_(segment) {}
  VarVector operator()(const Vector& v) override { return segment_.gather(Vector(Vector::Zero(v.size()))); }
  VarMatrix operator()(const Matrix& m) override {
    return segment_.gather(Matrix(Matrix::Zero(m.rows(), m.cols())));
  }
  Var operator()(double) override { return segment_.gather(0.0); }

 private:
  Segment& segment_;
};
}  // namespace

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
  AsInputs inputs(segment);
  AsPrepared of_theta(segment, [this](std::size_t which) { return depends(which); });
  Entered entered{solver.into(prepared(), of_theta), nullptr};
  segment.prepared();
  if (gather.gradients)
    taped_context_.gathering = {segment.gather(Vector(Vector::Zero(x0.size()))), gather.passes_theta,
                                &sums_miss_};
  entered.state =
      from == nullptr ? solver.start(segment.input(x0), segment.theta()) : solver.into(*from, inputs);
  if (from != nullptr)
    for (const auto& part : entered.state->parts()) {
      if (part.array != nullptr) segment.entered_at(*part.array, part.place);
      if (part.scalar != nullptr) segment.entered_at(*part.scalar, part.place);
    }
  zeros_.reset();
  if (gather.states) {
    AsZeros zeros(segment);
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
  for (const auto& part : made->parts()) {
    if (part.array != nullptr && !part.array->is_constant()) segment.output(*part.array);
    if (part.scalar != nullptr && !part.scalar->is_constant()) segment.output(*part.scalar);
  }
  segment.end(segment.theta());
  check(*made);
  check_prepared(segment.state_outputs().size(), cotangents.rows(), {}, {});
  Cotangents c{.state = cotangents};
  segment.sweep(c, {}, cotangents.cols(), 1);
  return c.theta;
}

}  // namespace unroll::detail
