#include "unroll/ad/statements.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/error.hpp"

namespace unroll::ad {

// There are so many of them, in the memory as it is now.
void Statements::hold(std::size_t statements, std::size_t arguments) {
  next_ = {partials_.data() + arguments, ids_.data() + arguments};
  partials_end_ = partials_.data() + argument_capacity_;
  count_ = counts_.data() + statements;
  counts_end_ = counts_.data() + capacity_;
}

void Statements::grow(std::size_t more_arguments, std::size_t more_statements) {
  const std::size_t used = size(), used_arguments = arguments();
  if (more_statements > most_ - used)
    throw TapeError(fmt::format("tape: more than {} scalar statements", most_ - 1));
  const auto enough = [](std::size_t capacity, std::size_t needed) {
    return needed <= capacity ? capacity : std::max({2 * capacity, needed, smallest});
  };
  const std::size_t arguments = enough(argument_capacity_, used_arguments + more_arguments);
  const std::size_t statements = std::min(enough(capacity_, used + more_statements), most_);
  // All memory before any capacity: what throws here leaves the statements as they were, wherever they are.
  try {
    partials_.resize(arguments);
    ids_.resize(arguments);
    counts_.resize(statements);
    if (tangents_ > 0) {
      if (tangents_ >= RawArray<double>::most / std::max(arguments, statements)) throw std::bad_alloc();
      partial_tangents_.resize(arguments * tangents_);
      blocks_.resize(statements * (1 + tangents_));
    }
  } catch (...) {
    hold(used, used_arguments);
    throw;
  }
  argument_capacity_ = arguments;
  capacity_ = statements;
  hold(used, used_arguments);
}

Id Statements::push_empty(std::size_t count) {
  const std::size_t first = size();
  if (count > capacity_ - first) grow(0, count);
  std::fill_n(count_, count, Count{0});
  count_ += count;
  return static_cast<Id>(first);
}

void Statements::reset(std::size_t tangents) {
  // A recording before, with fewer tangents, may have been long: k times its capacity is not wanted.
  if (tangents > 0 && tangents != tangents_) capacity_ = argument_capacity_ = 0;
  tangents_ = tangents;
  hold(0, 0);
  push_empty();
  std::fill_n(blocks_.data(), tangents > 0 ? 1 + tangents : 0, 0.0);
}

void Statements::free_memory() noexcept {
  capacity_ = argument_capacity_ = 0;
  for (RawArray<double>* array : {&partials_, &blocks_, &partial_tangents_}) array->free();
  ids_.free();
  counts_.free();
  hold(0, 0);
}

std::size_t Statements::used_bytes() const {
  const std::size_t argument = sizeof(double) + sizeof(Id) + tangents_ * sizeof(double);
  const std::size_t statement = sizeof(Count) + (tangents_ > 0 ? (1 + tangents_) * sizeof(double) : 0);
  return arguments() * argument + size() * statement;
}

std::size_t Statements::reserved_bytes() const {
  return partials_.bytes() + ids_.bytes() + counts_.bytes() + blocks_.bytes() + partial_tangents_.bytes();
}

}  // namespace unroll::ad
