#pragma once

#include <utility>
#include <vector>

#include "unroll/ad/tape.hpp"
#include "unroll/derivative/seeds.hpp"
#include "unroll/solver/any_solver.hpp"
#include "unroll/types.hpp"

namespace unroll::detail {

/// What a sweep carries from segment to segment: s cotangents of a state's arrays and scalars, stacked; and
/// of what was prepared and of θ, the sums so far. An empty matrix stands for zero.
struct Cotangents {
  Matrix state{};     // N×s: the arrays in order, each flattened, then the scalars
  Matrix prepared{};  // q×s, likewise
  Matrix theta{};     // p×s
  Matrix gathered{};  // g×s: of the zeros that were added to what is summed, likewise
};

/// Steps from … to − 1.
struct StepRange {
  Index from, to;
};

/// `at` went on as `start`, the cotangents at x_0: sums with what has come to θ and to what was prepared.
void go_on_to_start(Cotangents& at, Cotangents start);

/// Arrays and scalars that are stacked: arrays in order, each flattened, then the scalars.
struct Stack {
  std::vector<VarArray> arrays{};
  std::vector<Var> scalars{};
  std::vector<Place> array_places{}, scalar_places{};  // where they are known

  void clear() {
    arrays.clear();
    scalars.clear();
    array_places.clear();
    scalar_places.clear();
  }
  void add(const VarArray& array) { arrays.push_back(array); }
  void add(const Var& scalar) { scalars.push_back(scalar); }
  /// Of the next that has none.
  /// @{
  void place(const VarArray&, const Place& place) { array_places.push_back(place); }
  void place(const Var&, const Place& place) { scalar_places.push_back(place); }
  /// @}
  /// Entries of all.
  Index size() const;
  /// The numbers, without derivatives.
  Vector value() const;

  struct Part {
    Index begin, count;  // rows
    Place place;
    const VarArray* array;  // or
    const Var* scalar;
  };
  /// Those whose place is known, and the one at a place, or null.
  /// @{
  std::vector<Part> parts() const;
  static const Part* at(const std::vector<Part>& parts, const Place& place);
  /// @}
};

/// Some steps of a run on a tape: from θ, what was prepared and the state where they enter to the state where
/// they leave. One segment serves many in turn, on the same memory.
class Segment {
 public:
  /// What sweeps lead to: all inputs, or the state's alone, which leaves θ and what was prepared for
  /// constants.
  enum class Towards { all, state };
  /// @param adjoints numbers that a sweep has for each scalar of the tape, over all threads
  explicit Segment(Index adjoints, Towards towards = Towards::all)
      : adjoint_bytes_(static_cast<std::size_t>(adjoints) * sizeof(double)),
        follows_theta_(towards == Towards::all) {}
  /// So many as the sweep of `columns` cotangents of x ∈ R^n has.
  Segment(Index n, Index columns, Index threads);

  /// Promises that the solver outlives the segment: its constant matrices are referred to, not copied. Once.
  void refer_to(const AnySolver& solver) {
    if (!std::exchange(refers_, true)) solver.watch(tape_);
  }
  /// Forgets what it held, but not the sizes that it has seen. `room`: bytes that it may use, with the tables
  /// of a sweep; 0: any number. `theta` must stay where it is.
  void begin(const Vector& theta, std::size_t room);
  const VarVector& theta() const { return theta_; }
  /// Whether θ, and what was prepared of it, are inputs.
  bool follows_theta() const { return follows_theta_; }
  /// For a log of what is recorded and swept.
  Tape& tape() { return tape_; }
  /// An array or scalar of what was prepared; after all of them, of the state.
  /// @{
  VarVector input(const Vector& value) { return added(tape_.input(value)); }
  VarMatrix input(const Matrix& value) { return added(tape_.input(value)); }
  Var input(double value) { return added(tape_.input(value)); }
  /// @}
  /// The same, if it is none that a derivative flows through; what is given must stay where it is.
  /// @{
  VarVector constant(const Vector& value) {
    return tape_.constant_at(Eigen::Map<const Vector>(value.data(), value.size()));
  }
  VarMatrix constant(const Matrix& value) {
    return tape_.constant_at(Eigen::Map<const Matrix>(value.data(), value.rows(), value.cols()));
  }
  Var constant(double value) { return {value}; }
  /// @}
  /// All that was prepared is there.
  void prepared();
  /// A zero of that shape to add to whatever may be: its cotangent is the sum of all theirs.
  template <class A>
  auto gather(const A& zero) {
    auto input = tape_.input(zero);
    gathered_.add(input);
    return input;
  }
  /// All inputs are there, and where each stands in the state.
  /// @{
  void entered();
  template <class A>
  void entered_at(const A& input, const Place& place) {
    inputs_.place(input, place);
  }
  /// @}
  /// A step has been recorded. Whether another one may follow: it may if, twice as large as the largest so
  /// far, it would still find room.
  bool continues();
  /// The bytes of tape and tables.
  std::size_t bytes() const;
  /// The largest inputs and the largest step seen so far.
  std::size_t entry_bytes() const { return entry_bytes_; }
  std::size_t step_bytes() const { return step_bytes_; }
  /// The most bytes since this was last asked.
  std::size_t take_most_bytes() { return std::exchange(most_bytes_, 0); }

  /// An iterate of which there may be cotangents.
  void mark(Index t, const VarVector& x) { marks_.push_back({t, x}); }
  /// An array or scalar of the state at the end, in order; then `end`, with the iterate among them.
  template <class A>
  void output(const A& a, const Place& place = {}) {
    outputs_.add(a);
    outputs_.place(a, place);
  }
  void end(const VarVector& x);

  struct Mark {
    Index t;
    VarVector x;
  };
  const std::vector<Mark>& marks() const { return marks_; }
  const VarVector& x() const { return x_; }  // at the end
  const Stack& state_inputs() const { return inputs_; }
  const Stack& state_outputs() const { return outputs_; }

  /// Cotangents of an iterate: columns `column` … of all s.
  struct IterateSeed {
    const VarVector& x;
    Index column;
    Matrix w;  // n×k
  };
  /// Of the steps in `range`: cotangents of their iterates but that where the segment starts, unless it is
  /// x_0; of the last segment of a run, x_T's too.
  std::vector<IterateSeed> seeds(const Seeds& seeds, const StepRange& range, bool is_last) const;
  /// Cotangents at the end, and of iterates between, become those at the start: s columns, in blocks over
  /// threads.
  void sweep(Cotangents& cotangents, const std::vector<IterateSeed>& iterates, Index columns,
             Index threads) const;

  /// The row of x's first entry in the stacked state at the end.
  Index x_row() const;
  /// Rows of an array or scalar of the stacked state where the segment starts.
  struct Rows {
    Index begin, count;
    Place place;
    Index inner;     // the first of them within the array
    bool is_passed;  // it leaves as the variable that entered
  };
  /// Which arrays and scalars leave as they entered: those that the steps pass on and do not make, constants
  /// of the run from here on. None of a segment from x_0.
  std::vector<Rows> carried() const;

 private:
  template <class A>
  A added(A input) {
    inputs_.add(input);
    return input;
  }
  void sweep_columns(const Cotangents& from, const std::vector<IterateSeed>& iterates, Cotangents& to,
                     Index first, Index width) const;

  std::size_t adjoint_bytes_;
  bool follows_theta_;
  Tape tape_{};
  VarVector theta_, x_;
  VarVector scalar_outputs_;  // assembled
  Stack prepared_, gathered_, inputs_, outputs_;
  std::vector<Mark> marks_;
  bool refers_ = false;
  std::size_t room_ = 0;
  std::size_t before_ = 0;  // bytes, before the step that is being recorded
  std::size_t entry_bytes_ = 0, step_bytes_ = 0, most_bytes_ = 0;
};

}  // namespace unroll::detail
