#include "unroll/derivative/segment.hpp"

#include <algorithm>

#include "blocks.hpp"
#include "unroll/ad/access.hpp"

namespace unroll::detail {

void Segment::begin(std::size_t room) {
  inputs_.clear();
  outputs_.clear();
  scalar_inputs_.clear();
  scalar_outputs_.clear();
  x_ = VarVector();
  tape_.clear();
  theta_ = tape_.input(parameters_);
  room_ = room;
}

VarVector Segment::input(const Vector& value) {
  const VarVector x = tape_.input(value);
  inputs_.push_back(x);
  return x;
}
VarMatrix Segment::input(const Matrix& value) {
  const VarMatrix x = tape_.input(value);
  inputs_.push_back(x);
  return x;
}
Var Segment::input(double value) {
  scalar_inputs_.push_back(tape_.input(value));
  return scalar_inputs_.back();
}

std::size_t Segment::bytes() const {
  const TapeStatistics s = tape_.statistics();
  return s.bytes() + s.nodes * sizeof(ad::Sweeper::Adjoint) + s.statements * adjoint_bytes_;
}

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

void Segment::end(const VarVector& x, std::size_t x_index) {
  x_ = x;
  x_index_ = x_index;
  if (!scalar_outputs_.empty()) output(assemble(scalar_outputs_));
}

Cotangents Segment::seed(const Matrix& cotangents) const {
  Cotangents seeded{std::vector<Matrix>(outputs_.size()), Matrix()};
  seeded.state[x_index_] = cotangents;
  return seeded;
}

void Segment::sweep(Cotangents& cotangents, Index threads) const {
  const auto found = std::find_if(cotangents.state.begin(), cotangents.state.end(),
                                  [](const Matrix& m) { return m.size() > 0; });
  const Index columns = found == cotangents.state.end() ? cotangents.theta.cols() : found->cols();
  Cotangents swept{{}, Matrix(theta_.size(), columns)};
  for (const VarArray& x : inputs_) swept.state.emplace_back(x.size(), columns);
  if (!scalar_inputs_.empty()) swept.state.emplace_back(static_cast<Index>(scalar_inputs_.size()), columns);
  const Index width = block_width(x_.size());
  for_each_block((columns + width - 1) / width, threads, [&](Index block) {
    sweep_columns(cotangents, swept, block * width, std::min(width, columns - block * width));
  });
  cotangents = std::move(swept);
}

void Segment::sweep_columns(const Cotangents& from, Cotangents& to, Index first, Index width) const {
  std::vector<Seed> seeds;
  const auto add_seed = [&](const VarArray& array, const Matrix& cotangents) {
    if (cotangents.size() > 0 && !array.is_constant())
      seeds.push_back({array, cotangents.middleCols(first, width)});
  };
  for (std::size_t i = 0; i < outputs_.size(); ++i) add_seed(outputs_[i], from.state[i]);
  add_seed(theta_, from.theta);  // so that its sum goes on as it would on one tape
  if (seeds.empty()) {           // the solver left the state and θ for constants
    for (Matrix& state : to.state) state.middleCols(first, width).setZero();
    to.theta.middleCols(first, width).setZero();
    return;
  }
  const Sweep sweep = tape_.sweep(seeds);
  to.theta.middleCols(first, width) = sweep.adjoint(theta_);
  for (std::size_t i = 0; i < inputs_.size(); ++i)
    to.state[i].middleCols(first, width) = sweep.adjoint(inputs_[i]);
  for (std::size_t i = 0; i < scalar_inputs_.size(); ++i)
    to.state.back().row(static_cast<Index>(i)).segment(first, width) = sweep.adjoint(scalar_inputs_[i]);
}

}  // namespace unroll::detail
