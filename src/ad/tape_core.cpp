#include "unroll/ad/tape_core.hpp"

#include <algorithm>
#include <mutex>

#include "unroll/error.hpp"

namespace unroll::ad {

namespace {

// Recordings over all threads; 0 is the epoch of constants.
std::atomic<std::uint32_t> recordings{0};

// Every core ever made. They are never freed, so that a variable that outlived its tape still finds an epoch
// to be compared with; between tapes a core rests here.
struct Rest {
  std::mutex mutex;
  std::vector<TapeCore*> cores;
};
Rest& rest() {
  static auto* const shared = new Rest;
  return *shared;
}

// Cores that rest with the thread that used them last, so that a short-lived tape takes no lock.
thread_local bool thread_ended = false;  // trivial: outlives ThreadRest, for tapes of static storage
struct ThreadRest {
  std::vector<TapeCore*> cores;
  ~ThreadRest() {
    thread_ended = true;
    const std::lock_guard lock(rest().mutex);
    rest().cores.insert(rest().cores.end(), cores.begin(), cores.end());
    cores.clear();
  }
};
ThreadRest& thread_rest() {
  thread_local ThreadRest mine;
  return mine;
}

// A resting core keeps at most this much memory.
constexpr std::size_t kept_bytes = std::size_t{32} << 20;

}  // namespace

TapeCore* TapeCore::acquire(Index tangents) {
  auto& mine = thread_rest().cores;
  if (mine.empty()) {
    const std::lock_guard lock(rest().mutex);
    auto& shared = rest().cores;
    if (!shared.empty()) {
      mine.push_back(shared.back());
      shared.pop_back();
    }
  }
  TapeCore* core = nullptr;
  if (mine.empty()) {
    core = new TapeCore;
  } else {
    core = mine.back();
    mine.pop_back();
  }
  core->reset(tangents);
  return core;
}

void TapeCore::give_back(TapeCore* core) noexcept {
  core->reset(0);
  if (core->scalars.reserved_bytes() > kept_bytes) {
    core->scalars.free_memory();
    core->scalars.reset(0);
  }
  for (ChunkArena* arena : {&core->nodes, &core->headers, &core->values})
    if (arena->reserved_bytes() > kept_bytes) arena->free_memory();
  if (thread_ended) {
    const std::lock_guard lock(rest().mutex);
    rest().cores.push_back(core);
  } else {
    thread_rest().cores.push_back(core);
  }
}

void TapeCore::reset(Index new_tangents) {
  std::uint32_t next = ++recordings;
  if (next == 0) next = ++recordings;
  epoch.store(next, std::memory_order_relaxed);
  tangents = new_tangents;
  scalars.reset(static_cast<std::size_t>(new_tangents));
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
  input_arrays.clear();
  input_scalars.clear();
}

const double* TapeCore::keep_copy(const double* data, std::size_t size) {
  auto* copy = static_cast<double*>(values.allocate(size * sizeof(double), 64));
  std::copy_n(data, size, copy);
  return copy;
}

void TapeCore::throw_full() { throw TapeError("tape: more than 2^32 arrays"); }

void TapeCore::throw_foreign(const char* operation) {
  throw TapeError(
      std::string(operation) +
      ": a variable that does not belong to this recording (its tape was cleared or destroyed, or it was "
      "recorded on another tape)");
}

}  // namespace unroll::ad
