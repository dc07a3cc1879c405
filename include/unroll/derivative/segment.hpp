#pragma once

#include <utility>
#include <vector>

#include "unroll/ad/tape.hpp"
#include "unroll/types.hpp"

namespace unroll::detail {

/// What a sweep carries from segment to segment: s cotangents of each array of a state, its scalars the last
/// of them; and of θ, the sum so far. No matrix: zero.
struct Cotangents {
  std::vector<Matrix> state;  // rows × s each
  Matrix theta;               // p×s
};

/// Some steps of a run on a tape: from the arrays and scalars of the state where they enter to those of the
/// state where they leave. One segment serves many in turn, on the same memory.
class Segment {
 public:
  /// @param adjoints numbers that a sweep has for each scalar of the tape, over all threads
  Segment(const Vector& theta, Index adjoints)
      : parameters_(theta), adjoint_bytes_(static_cast<std::size_t>(adjoints) * sizeof(double)) {}

  /// Forgets what it held, but not the sizes that it has seen. `room`: bytes that it may use, with the tables
  /// of a sweep; 0: any number.
  void begin(std::size_t room);
  const VarVector& theta() const { return theta_; }
  VarVector input(const Vector& value);
  VarMatrix input(const Matrix& value);
  Var input(double value);
  /// All inputs are there.
  void entered();
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

  /// The arrays and scalars of the state at the end, in order; then `end`, with the iterate among them.
  void output(const VarArray& array) { outputs_.push_back(array); }
  void output(const Var& scalar) { scalar_outputs_.push_back(scalar); }
  std::size_t outputs() const { return outputs_.size(); }
  void end(const VarVector& x, std::size_t x_index);
  const VarVector& x() const { return x_; }

  /// The cotangents of the iterate at the end, all others zero.
  Cotangents seed(const Matrix& cotangents) const;
  /// Cotangents at the end become those at the start; in blocks of columns over threads.
  void sweep(Cotangents& cotangents, Index threads) const;

 private:
  void sweep_columns(const Cotangents& from, Cotangents& to, Index first, Index width) const;

  Vector parameters_;
  std::size_t adjoint_bytes_;
  Tape tape_;
  VarVector theta_, x_;
  std::size_t x_index_ = 0;
  std::vector<VarArray> inputs_, outputs_;
  std::vector<Var> scalar_inputs_, scalar_outputs_;
  std::size_t room_ = 0;
  std::size_t before_ = 0;  // bytes, before the step that is being recorded
  std::size_t entry_bytes_ = 0, step_bytes_ = 0, most_bytes_ = 0;
};

}  // namespace unroll::detail
