#include "unroll/ad/statements.hpp"

#include <algorithm>

#include "unroll/error.hpp"

namespace unroll::ad {

void Statements::grow(std::size_t more_arguments, std::size_t more_statements) {
  constexpr std::size_t smallest = 1024;
  constexpr std::size_t most = std::numeric_limits<Id>::max();
  if (size_ + more_statements > most) throw TapeError("tape: more than 2^32 scalar statements");
  if (arguments_ + more_arguments > argument_capacity_) {
    argument_capacity_ = std::max({2 * argument_capacity_, arguments_ + more_arguments, smallest});
    partials_.resize(argument_capacity_);
    ids_.resize(argument_capacity_);
  }
  if (size_ + more_statements > capacity_) {
    capacity_ = std::max({2 * capacity_, size_ + more_statements, smallest});
    counts_.resize(capacity_);
  }
  if (tangents_ > 0) {
    partial_tangents_.resize(argument_capacity_ * tangents_);
    blocks_.resize(capacity_ * (1 + tangents_));
  }
}

Id Statements::push_empty(std::size_t count) {
  if (size_ + count > capacity_) grow(0, count);
  const auto first = static_cast<Id>(size_);
  std::fill_n(counts_.data() + size_, count, Count{0});
  size_ += count;
  return first;
}

void Statements::reset(std::size_t tangents) {
  size_ = arguments_ = 0;
  tangents_ = tangents;
  grow(0, 1);
  push_empty(1);
  std::fill_n(blocks_.data(), tangents > 0 ? 1 + tangents : 0, 0.0);
}

void Statements::free_memory() {
  size_ = arguments_ = capacity_ = argument_capacity_ = 0;
  partials_.resize(0);
  ids_.resize(0);
  counts_.resize(0);
  blocks_.resize(0);
  partial_tangents_.resize(0);
}

std::size_t Statements::used_bytes() const {
  const std::size_t argument = sizeof(double) + sizeof(Id) + tangents_ * sizeof(double);
  const std::size_t statement = sizeof(Count) + (tangents_ > 0 ? (1 + tangents_) * sizeof(double) : 0);
  return arguments_ * argument + size_ * statement;
}

std::size_t Statements::reserved_bytes() const {
  return partials_.bytes() + ids_.bytes() + counts_.bytes() + blocks_.bytes() + partial_tangents_.bytes();
}

}  // namespace unroll::ad
