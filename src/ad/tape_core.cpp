#include "unroll/ad/tape_core.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>

#include "unroll/ad/sweeper.hpp"
#include "unroll/error.hpp"

namespace unroll::ad {

namespace {

// Of a recording, unique; 0 is the epoch of constants. A thread takes a few hundred at once: short recordings
// would wait for a counter that all threads share.
std::uint32_t next_epoch() {
  constexpr std::uint32_t few = 256;
  static std::atomic<std::uint32_t> taken{0};
  static thread_local std::uint32_t next = 0;
  if (next % few == 0) next = taken.fetch_add(few, std::memory_order_relaxed);
  const std::uint32_t epoch = next++;
  return epoch != 0 ? epoch : next_epoch();
}

// Every core ever made. They are never freed, so that a variable that outlived its tape still finds an epoch
// to be compared with; between tapes a core rests here.
struct Rest {
  std::mutex mutex;
  TapeCore* first = nullptr;
};
Rest& rest() {
  static auto* const shared = new Rest;
  return *shared;
}

}  // namespace

TapeCore* TapeCore::acquire(Index tangents, Index half, double ray) {
  TapeCore* core = ThreadRest<TapeCore>::take();  // where a short-lived tape takes no lock
  if (core == nullptr) {
    const std::lock_guard lock(rest().mutex);
    core = rest().first;
    if (core != nullptr) rest().first = core->next;
  }
  if (core == nullptr) {
    core = new TapeCore;
    core->forget();  // as those that rest have done
  }
  try {
    core->begin(tangents, half, ray);
  } catch (...) {
    give_back(core);
    throw;
  }
  return core;
}

void TapeCore::bequeath(TapeCore* core) noexcept {
  const std::lock_guard lock(rest().mutex);
  core->next = rest().first;
  rest().first = core;
}

void TapeCore::give_back(TapeCore* core) noexcept {
  core->log = nullptr;
  core->forget();
  core->owned.clear();
  ThreadRest<TapeCore>::give(core);
}

void TapeCore::free_memory(double new_ray) {
  const auto free = [](TapeCore& core) {
    core.scalars.free_memory();
    for (ChunkArena* arena : {&core.nodes, &core.headers, &core.values}) arena->free_memory();
  };
  forget();
  free(*this);
  begin(tangents, half, new_ray);
  TapeCore* freed = nullptr;
  while (TapeCore* const resting = ThreadRest<TapeCore>::take()) {
    free(*resting);
    resting->next = freed;
    freed = resting;
  }
  while (freed != nullptr) ThreadRest<TapeCore>::give(std::exchange(freed, freed->next));
  while (Sweeper* const resting = ThreadRest<Sweeper>::take()) Sweeper::bequeath(resting);
}

void TapeCore::reset(double new_ray) {
  forget();
  begin(tangents, half, new_ray);
}

void TapeCore::begin(Index new_tangents, Index new_half, double new_ray) {
  tangents = new_tangents;
  half = new_half;
  ray = new_ray;
  met_ray = false;
  scalars.reset(static_cast<std::size_t>(new_tangents));
}

void TapeCore::forget() noexcept {
  epoch.store(next_epoch(), std::memory_order_relaxed);
  arrays = 1;
  nodes.reset();
  last_node = nullptr;
  chunk_ends.clear();
  node_count = 0;
  headers.reset();
  values.reset();
  free_buffers.clear();
  free_bytes = 0;
  kept.clear();
  constants.clear();
  referred.clear();
  sparse_constants.clear();
  inputs.clear();
  input_scalars.clear();
  if (log != nullptr) log->forgotten();
}

namespace {

/// Of up to 64 numbers among them, evenly apart.
double print_of(const double* entries, std::size_t count) {
  constexpr std::size_t most = 64;
  const std::size_t apart = 1 + (count - 1) / most;
  double sum = 0, weight = 1;
  for (std::size_t i = 0; i < count; i += apart, weight += 0.61803398874989485) sum += weight * entries[i];
  return sum;
}

}  // namespace

void TapeCore::note(Referred matrix) {
  constexpr std::size_t most = 256, recent = 8;
  if (matrix.count == 0 || referred.size() == most) return;
  const auto known = [&](const Referred& other) {
    return other.matrix == matrix.matrix && other.entries == matrix.entries && other.count == matrix.count;
  };
  const auto begin = referred.end() - static_cast<std::ptrdiff_t>(std::min(recent, referred.size()));
  if (std::any_of(begin, referred.end(), known)) return;
  matrix.print = print_of(matrix.entries, matrix.count);
  referred.push_back(matrix);
}

void TapeCore::check_referred() const {
  for (const Referred& then : referred) {
    const bool is_there = then.entries_of(then.matrix) == then.entries;
    const double now = is_there ? print_of(then.entries, then.count) : 0;
    if (!is_there || (now != then.print && !(std::isnan(now) && std::isnan(then.print))))
      throw UnsupportedError(
          "sweep: a matrix that the steps refer to, a member of the solver, has changed since it was read: a "
          "step must leave the solver as it is; compute what changes in a local variable, which is copied, "
          "or keep it in the state");
  }
}

const double* TapeCore::keep_copy(const double* data, std::size_t size) {
  constexpr std::size_t few = 64;  // no more work than to look for them
  if (size > few) {
    const auto rows = static_cast<std::uint32_t>(size);
    return keep(MatrixView{data, rows, 1, rows, Side::plain}).data;
  }
  auto* copy = static_cast<double*>(values.allocate(size * sizeof(double), 64));
  std::copy_n(data, size, copy);
  return copy;
}

MatrixView TapeCore::keep(const MatrixView& matrix) {
  constexpr std::size_t remembered = 16;
  const auto bytes = static_cast<std::size_t>(matrix.rows) * sizeof(double);
  const auto equal = [&](const MatrixView& copy) {
    for (std::size_t j = 0; j < matrix.cols; ++j)
      if (bytes > 0 && std::memcmp(matrix.data + j * matrix.stride, copy.data + j * copy.stride, bytes) != 0)
        return false;
    return true;
  };
  for (const Constant& known : constants) {
    const MatrixView& source = known.source;
    if (source.data != matrix.data || source.rows != matrix.rows || source.cols != matrix.cols ||
        source.stride != matrix.stride || !equal(known.copy))
      continue;
    MatrixView copy = known.copy;
    copy.side = matrix.side;
    return copy;
  }
  auto* const data = static_cast<double*>(values.allocate(std::max<std::size_t>(bytes * matrix.cols, 1), 64));
  for (std::size_t j = 0; j < matrix.cols && bytes > 0; ++j)
    std::memcpy(data + j * matrix.rows, matrix.data + j * matrix.stride, bytes);
  const MatrixView copy{data, matrix.rows, matrix.cols, matrix.rows, matrix.side};
  if (constants.size() < remembered) {
    constants.push_back({matrix, copy});
  } else {
    std::move(constants.begin() + 1, constants.end(), constants.begin());
    constants.back() = {matrix, copy};
  }
  return copy;
}

void TapeCore::keep(std::shared_ptr<const void> shared) {
  constexpr std::ptrdiff_t recent = 8;
  const auto count = std::min(recent, static_cast<std::ptrdiff_t>(kept.size()));
  if (shared != nullptr && std::find(kept.end() - count, kept.end(), shared) == kept.end())
    kept.push_back(std::move(shared));
}

void TapeCore::throw_full() { throw TapeError("tape: more than 2^32 arrays"); }

void TapeCore::throw_stale(const char* operation) {
  throw TapeError(rule_name(operation) +
                  ": a variable of a recording that is over: its tape was cleared or destroyed since");
}

void TapeCore::throw_foreign(const char* operation) {
  throw TapeError(rule_name(operation) +
                  ": variables of two recordings, of two tapes or of one that was cleared in between: what "
                  "meets in one operation must be recorded on one tape");
}

std::string rule_name(std::string_view type) {
  const auto after = [&](std::string_view mark) {
    const std::size_t at = type.find(mark);
    if (at != std::string_view::npos) type.remove_prefix(at + mark.size());
  };
  after("Rule = ");
  type = type.substr(0, type.find_last_of(']'));
  for (const std::string_view wrapper : {"LinearRule<", "BilinearRule<", "Flipped<", "UserRule<"})
    after(wrapper);
  type = type.substr(0, type.find_first_of("<,>;"));
  const std::size_t scope = type.rfind("::");
  return std::string(scope == std::string_view::npos ? type : type.substr(scope + 2));
}

}  // namespace unroll::ad
