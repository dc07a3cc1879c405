#pragma once

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "unroll/ad/tape_core.hpp"

namespace unroll::ad {

/// One backward pass over a recording, with c columns of adjoints at once. It reads the recording and writes
/// only its own adjoints, so several may run over one tape at a time. Adjoints of arrays appear with their
/// first contribution, are shared as long as nobody adds to them, and are recycled when their node is passed:
/// what is live stays in cache.
class Sweeper {
 public:
  struct Buffer {
    double* data;
    std::uint32_t references;
  };
  /// scale × buffer; no buffer: zero.
  struct Adjoint {
    Buffer* buffer = nullptr;
    double scale = 1;
  };

  /// Gives a sweeper, with its memory, to the thread for another sweep.
  struct GiveBack {
    void operator()(Sweeper* sweeper) const noexcept { sweeper->give_back(); }
  };
  using Owner = std::unique_ptr<Sweeper, GiveBack>;
  /// A sweeper of this thread over a recording, warm if there is one.
  static Owner over(const TapeCore& core, Index columns);
  static void bequeath(Sweeper* sweeper) noexcept { delete sweeper; }
  Sweeper* next = nullptr;  // while it rests: see ThreadRest
  Sweeper(const Sweeper&) = delete;
  Sweeper& operator=(const Sweeper&) = delete;

  const TapeCore& core() const { return *core_; }
  Index columns() const { return columns_; }
  /// From now on column 0 of an input's adjoint may be anything finite: of those of a tape with tangents the
  /// tangents alone are asked for.
  void ask_for_tangents_alone() { first_ = 1; }
  /// The first column of an array's adjoint that somebody will read.
  Index first_asked(Id id) const { return first_ > 0 && core_->is_input(id) ? first_ : 0; }

  /// From the end of the recording to its start.
  void run();

  // Adjoints of arrays. `rows` is the flattened size of the array.
  /// The adjoint of a node's output, which is thereby forgotten: the caller drops it.
  Adjoint take(Id id) {
    const Adjoint taken = arrays_[id];
    arrays_[id].buffer = nullptr;
    return taken;
  }
  /// The same of a sum, as steps end with: a subnormal one is zero. Steps that contract would round it up to
  /// itself for ever, and processors take a hundred cycles for each operation on such numbers.
  Adjoint take_of_sum(Id id, Index rows) {
    const Adjoint taken = take(id);
    if (taken.buffer == nullptr || rows == 0 || is_normal(taken.buffer->data[0])) return taken;
    return take_small(taken, rows);
  }
  void drop(const Adjoint& adjoint, Index rows) {
    if (--adjoint.buffer->references == 0) free_.give(adjoint.buffer, size_of(rows));
  }
  /// Of an input; zero if it was recorded after the sweep.
  Adjoint peek(Id id) const { return id < array_count_ ? arrays_[id] : Adjoint{}; }
  bool has_scalar(Id id) const { return id < scalar_count_; }
  /// One that belongs to nothing yet, to be written and then added or dropped.
  Adjoint fresh(Index rows) { return {new_buffer(rows), 1}; }
  ScaledBlock view(const Adjoint& adjoint, Index rows) const {
    return {{adjoint.buffer->data, rows, columns_, core_->half}, adjoint.scale};
  }
  /// A block to write or add to, as `into` says.
  Block writable(Id id, Index rows, Into& into) {
    Adjoint& adjoint = arrays_[id];
    into = Into::accumulate;
    if (adjoint.buffer == nullptr) {
      adjoint = {new_buffer(rows), 1};
      into = Into::assign;
    } else if (adjoint.buffer->references > 1 || adjoint.scale != 1) {
      write_out(adjoint, rows);
    }
    return {adjoint.buffer->data, rows, columns_, core_->half};
  }
  /// adjoint(id) += scale · y, without a copy if it is the first contribution.
  void add_scaled(Id id, Index rows, double scale, const Adjoint& y) {
    Adjoint& adjoint = arrays_[id];
    if (adjoint.buffer == nullptr) {
      adjoint.buffer = y.buffer;
      adjoint.scale = scale * y.scale;
      ++y.buffer->references;
    } else if (adjoint.buffer == y.buffer) {
      adjoint.scale += scale * y.scale;
    } else {
      add_to(adjoint, rows, scale * y.scale, y.buffer->data);
    }
  }

  // Adjoints of scalars: c numbers each.
  double* scalar(Id id) { return scalars_.data() + static_cast<Index>(id) * columns_; }
  Block scalar_block(Id id) { return {scalar(id), 1, columns_, core_->half}; }

 private:
  Sweeper() = default;
  ~Sweeper() = default;
  void give_back() noexcept;
  std::size_t size_of(Index rows) const { return static_cast<std::size_t>(rows * columns_); }
  Buffer* new_buffer(Index rows) {
    Buffer* const found = free_.take(size_of(rows));
    if (found == nullptr) [[unlikely]]
      return allocate(rows);
    found->references = 1;
    return found;
  }
  Buffer* allocate(Index rows);
  static bool is_normal(double entry) {  // or a NaN
    return !(std::abs(entry) < std::numeric_limits<double>::min());
  }
  Adjoint take_small(const Adjoint& adjoint, Index rows);
  /// Gives `adjoint` a buffer of its own, in which its scale is multiplied out.
  void write_out(Adjoint& adjoint, Index rows);
  /// adjoint += factor · y for an adjoint with a buffer.
  void add_to(Adjoint& adjoint, Index rows, double factor, const double* y);
  void sweep_statements(Id from, Id to);
  void sweep_statements_plain(Id from, Id to);
  template <int fixed>
  void sweep_statements_of_columns(Id from, Id to);

  const TapeCore* core_ = nullptr;  // null while it rests
  Index columns_ = 0, first_ = 0;
  std::uint32_t epoch_ = 0;                // of the recording, which a sweep may outlive
  Id array_count_ = 0, scalar_count_ = 0;  // what there was to sweep: more may be recorded later
  std::size_t arguments_ = 0;              // of the statements not yet swept
  // Tables that are all zero between sweeps, and the memory of adjoints.
  std::vector<Adjoint> arrays_;
  std::vector<double> scalars_;
  ChunkArena memory_;
  FreeLists<Buffer> free_;
  bool clean_ = true;
};

}  // namespace unroll::ad
