#include "unroll/ad/statements.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/error.hpp"

namespace unroll::ad {

void Statements::grow(std::size_t more_arguments, std::size_t more_statements) {
  if (more_statements > most_ - size_)
    throw TapeError(fmt::format("tape: more than {} scalar statements", most_ - 1));
  const auto enough = [](std::size_t capacity, std::size_t needed) {
    return needed <= capacity ? capacity : std::max({2 * capacity, needed, smallest});
  };
  const std::size_t arguments = enough(argument_capacity_, arguments_ + more_arguments);
  const std::size_t statements = std::min(enough(capacity_, size_ + more_statements), most_);
  // All memory before any capacity: what throws here leaves the statements as they were.
  partials_.resize(arguments);
  ids_.resize(arguments);
  counts_.resize(statements);
  if (tangents_ > 0) {
    if (tangents_ >= RawArray<double>::most / std::max(arguments, statements)) throw std::bad_alloc();
    partial_tangents_.resize(arguments * tangents_);
    blocks_.resize(statements * (1 + tangents_));
  }
  argument_capacity_ = arguments;
  capacity_ = statements;
}

Id Statements::push_empty(std::size_t count) {
  if (count > capacity_ - size_) grow(0, count);
  const auto first = static_cast<Id>(size_);
  std::fill_n(counts_.data() + size_, count, Count{0});
  size_ += count;
  return first;
}

void Statements::reset(std::size_t tangents) {
  size_ = arguments_ = 0;
  // A recording before, with fewer tangents, may have been long: k times its capacity is not wanted.
  if (tangents > 0 && tangents != tangents_) capacity_ = argument_capacity_ = 0;
  tangents_ = tangents;
  push(0);
  std::fill_n(blocks_.data(), tangents > 0 ? 1 + tangents : 0, 0.0);
}

void Statements::free_memory() noexcept {
  size_ = arguments_ = capacity_ = argument_capacity_ = 0;
  for (RawArray<double>* array : {&partials_, &blocks_, &partial_tangents_}) array->free();
  ids_.free();
  counts_.free();
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
