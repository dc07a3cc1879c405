#include "unroll/ad/arena.hpp"

#include <algorithm>

namespace unroll::ad {

void* ChunkArena::allocate_in_next_chunk(std::size_t bytes, std::size_t alignment) {
  constexpr std::size_t first_chunk = std::size_t{1} << 16;
  constexpr std::size_t largest_chunk = std::size_t{1} << 22;
  full_bytes_ += top_ - begin_;
  const std::size_t needed = bytes + alignment;
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
  begin_ = top_ = reinterpret_cast<std::uintptr_t>(chunk.memory.get());
  end_ = begin_ + chunk.bytes;
}

void ChunkArena::reset() {
  next_ = 0;
  begin_ = top_ = end_ = 0;
  full_bytes_ = 0;
  if (!chunks_.empty()) open_next();
}

void ChunkArena::free_memory() {
  chunks_.clear();
  reserved_ = 0;
  reset();
}

}  // namespace unroll::ad
