#include "segment.hpp"

#include <algorithm>
#include <exception>
#include <optional>

#include "unroll/ad/access.hpp"
#include "unroll/derivative/batch.hpp"

namespace unroll::detail {

void go_on_to_start(Cotangents& at, Cotangents start) {
  at.state = std::move(start.state);  // (a copy would free the old one before it allocates)
  at.theta += start.theta;
  if (start.prepared.size() > 0) at.prepared += start.prepared;
}

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

std::vector<Stack::Part> Stack::parts() const {
  std::vector<Part> parts;
  Index row = 0;
  const auto add = [&](Index count, const Place& place, const VarArray* array, const Var* scalar) {
    parts.push_back({row, count, place, array, scalar});
    row += count;
  };
  for (std::size_t i = 0; i < array_places.size(); ++i)
    add(arrays[i].size(), array_places[i], &arrays[i], nullptr);
  for (std::size_t i = 0; i < scalar_places.size(); ++i) add(1, scalar_places[i], nullptr, &scalars[i]);
  return parts;
}

const Stack::Part* Stack::at(const std::vector<Part>& parts, const Place& place) {
  const auto found =
      std::find_if(parts.begin(), parts.end(), [&](const Part& part) { return part.place == place; });
  return found == parts.end() ? nullptr : &*found;
}

namespace {

/// Cotangents in one sweep, of arrays of n rows: so many that a block of adjoints fills about 128 KiB, a part
/// of the second cache, and products of matrices pay. It does not depend on the number of threads, and so
/// neither does the result.
Index block_width(Index n) {
  constexpr Index entries = Index{1} << 14, narrowest = 64, widest = 512;
  return std::clamp(entries / std::max<Index>(n, 1), narrowest, widest);
}

/// f(0) … f(count − 1), over threads. Rethrows the first failure, after all have ended.
void for_each_block(Index count, Index threads, const std::function<void(Index)>& f) {
  if (count == 1) return f(0);
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(count));
  for_each_index(count, threads, [&](Index b) {
    try {
      f(b);
    } catch (...) {
      failures[static_cast<std::size_t>(b)] = std::current_exception();
    }
  });
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

Segment::Segment(Index n, Index columns, Index threads) : Segment(1) {
  const Index width = std::max<Index>(1, std::min(columns, block_width(n)));
  adjoint_bytes_ *= static_cast<std::size_t>(width * std::min(threads, (columns + width - 1) / width));
}

void Segment::begin(const Vector& theta, std::size_t room) {
  prepared_.clear();
  gathered_.clear();
  inputs_.clear();
  outputs_.clear();
  marks_.clear();
  x_ = VarVector();
  scalar_outputs_ = VarVector();
  tape_.clear();
  theta_ = follows_theta_ ? tape_.input(theta) : constant(theta);
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
  const auto parts = outputs_.parts();
  return std::ranges::find_if(parts, [](const Stack::Part& part) { return part.place.of_iterate; })->begin;
}

std::vector<Segment::Rows> Segment::carried() const {
  const auto is_same = [](const Stack::Part& in, const Stack::Part& out) {
    if (in.count != out.count || (in.array == nullptr) != (out.array == nullptr)) return false;
    if (in.array != nullptr)
      return !out.array->is_constant() && in.array->id() == out.array->id() &&
             in.array->block() == out.array->block();
    return !out.scalar->is_constant() && in.scalar->id() == out.scalar->id() &&
           value_of(*in.scalar) == value_of(*out.scalar);
  };
  std::vector<Rows> rows;
  const std::vector<Stack::Part> out = outputs_.parts();
  for (const Stack::Part& in : inputs_.parts())
    if (const Stack::Part* const end = Stack::at(out, in.place); end != nullptr && is_same(in, *end))
      rows.push_back({in.begin, in.count, in.place, 0, true});
  return rows;
}

std::vector<Segment::IterateSeed> Segment::seeds(const Seeds& seeds, const StepRange& range,
                                                 bool is_last) const {
  std::vector<IterateSeed> all;
  const auto add = [&](Index t, const VarVector& x, bool is_end) {
    SeedBlock block = seeds.of(t, x.value(), is_end);
    if (block.w.size() > 0) all.push_back({x, block.column, std::move(block.w)});
  };
  for (const Mark& mark : marks_)
    if (seeds.wanted(mark.t) && (mark.t > range.from || range.from == 0) && (mark.t < range.to || !is_last))
      add(mark.t, mark.x, false);
  if (is_last) add(range.to, x_, true);
  return all;
}

void Segment::sweep(Cotangents& cotangents, const std::vector<IterateSeed>& iterates, Index columns,
                    Index threads) const {
  Cotangents swept{Matrix(inputs_.size(), columns), Matrix(prepared_.size(), columns),
                   Matrix(follows_theta_ ? theta_.size() : 0, columns), Matrix(gathered_.size(), columns)};
  const Index width = block_width(x_.size());
  for_each_block((columns + width - 1) / width, threads, [&](Index block) {
    sweep_columns(cotangents, iterates, swept, block * width, std::min(width, columns - block * width));
  });
  cotangents = std::move(swept);
}

void Segment::sweep_columns(const Cotangents& from, const std::vector<IterateSeed>& iterates, Cotangents& to,
                            Index first, Index width) const {
  std::vector<Seed> seeds;
  const auto seed = [&](const VarArray& y, const Matrix& cotangents, Index row) {
    if (cotangents.size() == 0 || y.is_constant()) return;
    const auto block = cotangents.block(row, first, y.size(), width);
    if (!block.isZero(0)) seeds.push_back({y, block});
  };
  const auto seed_all = [&](const Stack& stack, const Matrix& cotangents) {
    Index row = 0;
    for (const VarArray& y : stack.arrays) seed(y, cotangents, std::exchange(row, row + y.size()));
  };
  for (const IterateSeed& s : iterates) {
    const Index begin = std::max(first, s.column), end = std::min(first + width, s.column + s.w.cols());
    if (s.x.is_constant() || begin >= end) continue;
    Matrix w = Matrix::Zero(s.x.size(), width);
    w.middleCols(begin - first, end - begin) = s.w.middleCols(begin - s.column, end - begin);
    seeds.push_back({s.x, std::move(w)});
  }
  seed_all(outputs_, from.state);
  if (!outputs_.scalars.empty())
    seed(scalar_outputs_, from.state, from.state.rows() - scalar_outputs_.size());
  seed_all(prepared_, from.prepared);  // so that the sums go on as they would on one tape
  seed_all(gathered_, from.gathered);
  seed(theta_, from.theta, 0);
  std::optional<Sweep> sweep;  // none, if the solver left the state and θ for constants
  if (!seeds.empty()) sweep.emplace(tape_.sweep(seeds));
  const auto take = [&](const auto& input, auto rows) {
    if (sweep)
      rows = sweep->adjoint(input);
    else
      rows.setZero();
  };
  const auto take_all = [&](const Stack& stack, const Matrix& sums, Matrix& whole) {
    auto columns = whole.middleCols(first, width);
    Index row = 0;
    for (const VarArray& a : stack.arrays) {
      take(a, columns.middleRows(row, a.size()));
      row += a.size();
    }
    for (const Var& s : stack.scalars) {
      take(s, columns.row(row));
      if (sums.size() > 0)
        columns.row(row) += sums.row(row).segment(first, width);  // not seeded beside arrays
      ++row;
    }
  };
  take_all(inputs_, {}, to.state);
  take_all(prepared_, from.prepared, to.prepared);
  take_all(gathered_, from.gathered, to.gathered);
  if (follows_theta_) take(theta_, to.theta.middleCols(first, width));
}

}  // namespace unroll::detail
