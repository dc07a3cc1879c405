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

  /// Where arguments go, side by side: the partials, and the ids.
  struct Arguments {
    double* partial;
    Id* id;
  };
  /// Room for the arguments of the next statement, most_arguments of them; `push` records it. @throws
  /// TapeError, and leaves the statements as they were, where there would be too many; std::bad_alloc
  /// likewise.
  [[gnu::always_inline]] Arguments room() {
    if (partials_end_ - next_.partial < most_arguments || count_ == counts_end_) [[unlikely]]
      grow(most_arguments, 1);
    return next_;
  }
  /// A statement of the first `count` arguments that stand in that room. Its id.
  [[gnu::always_inline]] Id push(std::size_t count) {
    *count_ = static_cast<Count>(count);
    next_.partial += count;
    next_.id += count;
    return static_cast<Id>(count_++ - counts_.data());
  }
  /// `count` statements without arguments: inputs, entries of an array, results of array operations. The
  /// first id.
  Id push_empty(std::size_t count);
  Id push_empty() {
    if (count_ == counts_end_) [[unlikely]]
      grow(0, 1);
    return push(0);
  }

  /// Forgets everything but statement 0, the constant, and keeps the memory. From now on k = `tangents`.
  void reset(std::size_t tangents);
  /// reset() comes before anything else.
  void free_memory() noexcept;

  Id size() const { return static_cast<Id>(count_ - counts_.data()); }
  std::size_t arguments() const { return static_cast<std::size_t>(next_.partial - partials_.data()); }
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
  void hold(std::size_t statements, std::size_t arguments);

  // What the next statement needs stands together.
  Arguments next_{};
  const double* partials_end_ = nullptr;
  Count *count_ = nullptr, *counts_end_ = nullptr;
  std::size_t most_;
  std::size_t capacity_ = 0, argument_capacity_ = 0;
  std::size_t tangents_ = 0;
  RawArray<double> partials_;
  RawArray<Id> ids_;
  RawArray<Count> counts_;
  RawArray<double> blocks_;
  RawArray<double> partial_tangents_;
};

}  // namespace unroll::ad
