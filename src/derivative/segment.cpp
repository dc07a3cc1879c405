#include "unroll/derivative/segment.hpp"

#include <algorithm>

#include "blocks.hpp"
#include "unroll/ad/access.hpp"

namespace unroll::detail {

Index Stack::size() const {
  Index rows = static_cast<Index>(scalars.size());
  for (const VarArray& a : arrays) rows += a.size();
  return rows;
}

Vector Stack::value() const {
  Vector values(size());
  Index row = 0;
  for (const VarArray& a : arrays) {
    values.segment(row, a.size()) = a.block().col(0);
    row += a.size();
  }
  for (const Var& s : scalars) values[row++] = value_of(s);
  return values;
}

void Segment::begin(const Vector& theta, std::size_t room) {
  prepared_.clear();
  inputs_.clear();
  outputs_.clear();
  marks_.clear();
  x_ = VarVector();
  scalar_outputs_ = VarVector();
  tape_.clear();
  theta_ = tape_.input(theta);
  room_ = room;
}

std::size_t Segment::bytes() const {
  const TapeStatistics s = tape_.statistics();
  return s.bytes() + s.nodes * sizeof(ad::Sweeper::Adjoint) + s.statements * adjoint_bytes_;
}

void Segment::prepared() { std::swap(prepared_, inputs_); }

void Segment::entered() {
  before_ = bytes();
  entry_bytes_ = std::max(entry_bytes_, before_);
  most_bytes_ = std::max(most_bytes_, before_);
}

bool Segment::continues() {
  const std::size_t now = bytes();
  step_bytes_ = std::max(step_bytes_, now - std::min(now, before_));
  most_bytes_ = std::max(most_bytes_, now);
  before_ = now;
  return room_ == 0 || now + 2 * step_bytes_ <= room_;
}

void Segment::end(const VarVector& x) {
  x_ = x;
  if (!outputs_.scalars.empty()) scalar_outputs_ = assemble(outputs_.scalars);
}

Index Segment::x_row() const {
  Index row = 0;
  for (const VarArray& array : outputs_.arrays) {
    if (array.buffer() == x_.buffer()) break;
    row += array.size();
  }
  return row;
}

std::vector<Segment::Rows> Segment::carried() const {
  std::vector<Rows> rows;
  // What a state grows by is behind the arrays that it had.
  Index row = 0;
  for (std::size_t i = 0; i < std::min(inputs_.arrays.size(), outputs_.arrays.size()); ++i) {
    const VarArray &in = inputs_.arrays[i], &out = outputs_.arrays[i];
    if (in.size() != out.size()) return rows;
    if (!out.is_constant() && in.id() == out.id() && in.block() == out.block())
      rows.push_back({row, in.size()});
    row += in.size();
  }
  if (inputs_.arrays.size() != outputs_.arrays.size() || inputs_.size() != outputs_.size()) return rows;
  for (std::size_t i = 0; i < inputs_.scalars.size(); ++i, ++row) {
    const Var &in = inputs_.scalars[i], &out = outputs_.scalars[i];
    if (!out.is_constant() && in.id() == out.id() && value_of(in) == value_of(out)) rows.push_back({row, 1});
  }
  return rows;
}

void Segment::sweep(Cotangents& cotangents, const std::vector<IterateSeed>& iterates, Index columns,
                    Index threads) const {
  Cotangents swept{Matrix(inputs_.size(), columns), Matrix(prepared_.size(), columns),
                   Matrix(theta_.size(), columns)};
  const Index width = block_width(x_.size());
  for_each_block((columns + width - 1) / width, threads, [&](Index block) {
    sweep_columns(cotangents, iterates, swept, block * width, std::min(width, columns - block * width));
  });
  cotangents = std::move(swept);
}

namespace {

/// Seeds of one block of columns, first … first + width − 1.
class BlockSeeds {
 public:
  BlockSeeds(Index first, Index width) : first_(first), width_(width) {}

  /// Rows of `cotangents`, which are those of `y`.
  void add(const VarArray& y, const Matrix& cotangents, Index row) {
    if (cotangents.size() == 0 || y.is_constant()) return;
    const auto block = cotangents.block(row, first_, y.size(), width_);
    if (!block.isZero(0)) seeds_.push_back({y, block});
  }
  void add(const Segment::IterateSeed& s) {
    if (s.x.is_constant()) return;
    const Index begin = std::max(first_, s.column), end = std::min(first_ + width_, s.column + s.w.cols());
    if (begin >= end) return;
    Matrix w = Matrix::Zero(s.x.size(), width_);
    w.middleCols(begin - first_, end - begin) = s.w.middleCols(begin - s.column, end - begin);
    seeds_.push_back({s.x, std::move(w)});
  }
  const std::vector<Seed>& all() const { return seeds_; }

 private:
  Index first_, width_;
  std::vector<Seed> seeds_;
};

/// Adjoints of a stack into the rows of a block of columns.
void take(const Sweep& sweep, const Stack& stack, Eigen::Ref<Matrix> to) {
  Index row = 0;
  for (const VarArray& a : stack.arrays) {
    to.middleRows(row, a.size()) = sweep.adjoint(a);
    row += a.size();
  }
  for (const Var& s : stack.scalars) to.row(row++) = sweep.adjoint(s);
}

}  // namespace

void Segment::sweep_columns(const Cotangents& from, const std::vector<IterateSeed>& iterates, Cotangents& to,
                            Index first, Index width) const {
  BlockSeeds seeds(first, width);
  for (const IterateSeed& s : iterates) seeds.add(s);
  Index row = 0;
  for (const VarArray& y : outputs_.arrays) {
    seeds.add(y, from.state, row);
    row += y.size();
  }
  if (!outputs_.scalars.empty()) seeds.add(scalar_outputs_, from.state, row);
  row = 0;
  for (const VarArray& y : prepared_.arrays) {  // so that the sums go on as they would on one tape
    seeds.add(y, from.prepared, row);
    row += y.size();
  }
  seeds.add(theta_, from.theta, 0);
  auto state = to.state.middleCols(first, width), prepared = to.prepared.middleCols(first, width),
       theta = to.theta.middleCols(first, width);
  if (seeds.all().empty()) {  // nothing to pull back, or the solver left the state and θ for constants
    state.setZero();
    prepared.setZero();
    theta.setZero();
  } else {
    const Sweep sweep = tape_.sweep(seeds.all());
    take(sweep, inputs_, state);
    take(sweep, prepared_, prepared);
    theta = sweep.adjoint(theta_);
  }
  if (from.prepared.size() > 0)  // scalars cannot be seeded beside arrays
    for (Index i = row; i < prepared.rows(); ++i)
      prepared.row(i) += from.prepared.row(i).segment(first, width);
}

}  // namespace unroll::detail
