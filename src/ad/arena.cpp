#include "unroll/ad/arena.hpp"

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <algorithm>

namespace unroll::ad {

namespace {
// Every chunk starts at a multiple of this, the most that is asked for: what an allocation takes with the gap
// before it is the same in every chunk.
constexpr std::size_t largest_alignment = 64;
}  // namespace

void advise_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#ifdef __linux__
  constexpr std::uintptr_t page = std::uintptr_t{1} << 21;
  if (bytes < 4 * page) return;
  const auto begin = (reinterpret_cast<std::uintptr_t>(memory) + page - 1) & ~(page - 1);
  const auto end = (reinterpret_cast<std::uintptr_t>(memory) + bytes) & ~(page - 1);
  (void)madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
}

void* ChunkArena::allocate_in_next_chunk(std::size_t bytes, std::size_t alignment) {
  constexpr std::size_t first_chunk = std::size_t{1} << 16;
  constexpr std::size_t largest_chunk = std::size_t{1} << 22;
  full_bytes_ += top_ - begin_;
  const std::size_t needed = bytes + largest_alignment;
  while (next_ < chunks_.size() && chunks_[next_].bytes < needed) ++next_;
  if (next_ == chunks_.size()) {
    const std::size_t grown = std::clamp(reserved_, first_chunk, largest_chunk);
    const std::size_t size = std::max(grown, needed);
    chunks_.push_back({std::make_unique_for_overwrite<std::byte[]>(size), size});
    reserved_ += size;
  }
  open_next();
  return allocate(bytes, alignment);
}

void ChunkArena::open_next() {
  const Chunk& chunk = chunks_[next_++];
  const auto memory = reinterpret_cast<std::uintptr_t>(chunk.memory.get());
  begin_ = top_ = (memory + largest_alignment - 1) & ~(largest_alignment - 1);
  end_ = memory + chunk.bytes;
}

void ChunkArena::reset() {
  full_bytes_ = 0;
  if (next_ == 1) {  // never left the first
    top_ = begin_;
    return;
  }
  next_ = 0;
  begin_ = top_ = end_ = 0;
  if (!chunks_.empty()) open_next();
}

void ChunkArena::free_memory() {
  chunks_.clear();
  next_ = 0;
  reserved_ = 0;
  reset();
}

}  // namespace unroll::ad
