#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "unroll/ad/arena.hpp"

namespace unroll::ad {

using Id = std::uint32_t;  // of an array or of a scalar on a tape; 0 means constant

/// The scalar part of a tape. A statement y = φ(u_1, …, u_m) stores m pairs (∂φ/∂u_i, id of u_i), 12 bytes a
/// pair in split arrays, and one byte for m; its id is its position. On a tape with k tangents, values and
/// partials have their tangents beside them.
class Statements {
 public:
  enum class Count : std::uint8_t {};  // not a character type: stores through those would alias everything
  static constexpr std::uint32_t most_arguments = std::numeric_limits<std::uint8_t>::max();

  /// At most `most` ≤ 2^32 − 1 statements: ids are no larger.
  explicit Statements(std::size_t most = std::numeric_limits<Id>::max()) : most_(most) {}

  struct Record {
    double* partials;
    Id* arguments;
    Id id;
  };

  /// A new statement of `count` ≤ most_arguments arguments, to be filled in. @throws TapeError, and leaves
  /// the statements as they were, where there would be too many; std::bad_alloc likewise.
  [[gnu::always_inline]] Record push(std::uint32_t count) {
    if (arguments_ + count > argument_capacity_ || size_ == capacity_) [[unlikely]]
      grow(count, 1);
    const Record record{partials_.data() + arguments_, ids_.data() + arguments_, static_cast<Id>(size_)};
    counts_.data()[size_++] = static_cast<Count>(count);
    arguments_ += count;
    return record;
  }
  /// Takes the last statement, of `count` arguments, back.
  void undo(std::uint32_t count) {
    --size_;
    arguments_ -= count;
  }
  /// Of the last statement, the last `count` arguments were not needed.
  [[gnu::always_inline]] void drop(std::uint32_t count) {
    counts_.data()[size_ - 1] =
        static_cast<Count>(static_cast<std::uint32_t>(counts_.data()[size_ - 1]) - count);
    arguments_ -= count;
  }
  /// `count` statements without arguments: inputs, entries of an array, results of array operations. The
  /// first id.
  Id push_empty(std::size_t count);

  /// Forgets everything but statement 0, the constant, and keeps the memory. From now on k = `tangents`.
  void reset(std::size_t tangents);
  /// reset() comes before anything else.
  void free_memory() noexcept;

  Id size() const { return static_cast<Id>(size_); }
  std::size_t arguments() const { return arguments_; }
  const double* partials() const { return partials_.data(); }
  const Id* argument_ids() const { return ids_.data(); }
  const Count* counts() const { return counts_.data(); }

  /// With k > 0: value and tangents of a scalar (1 + k doubles), tangents of a partial (k doubles).
  double* block(Id id) { return blocks_.data() + id * (1 + tangents_); }
  const double* block(Id id) const { return blocks_.data() + id * (1 + tangents_); }
  double* partial_tangents(std::size_t argument) { return partial_tangents_.data() + argument * tangents_; }
  const double* partial_tangents(std::size_t argument) const {
    return partial_tangents_.data() + argument * tangents_;
  }

  std::size_t used_bytes() const;
  std::size_t reserved_bytes() const;

 private:
  static constexpr std::size_t smallest = 1024;
  void grow(std::size_t more_arguments, std::size_t more_statements);

  std::size_t most_;
  std::size_t size_ = 0, capacity_ = 0;
  std::size_t arguments_ = 0, argument_capacity_ = 0;
  std::size_t tangents_ = 0;
  RawArray<double> partials_;
  RawArray<Id> ids_;
  RawArray<Count> counts_;
  RawArray<double> blocks_;
  RawArray<double> partial_tangents_;
};

}  // namespace unroll::ad
