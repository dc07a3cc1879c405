#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

namespace unroll::ad {

/// Bump allocation in chunks that are kept across `reset()`. Nothing is destroyed: trivial contents only.
class ChunkArena {
 public:
  void* allocate(std::size_t bytes, std::size_t alignment) {
    const std::uintptr_t aligned = (top_ + alignment - 1) & ~(alignment - 1);
    if (aligned + bytes > end_) [[unlikely]]
      return allocate_in_next_chunk(bytes, alignment);
    top_ = aligned + bytes;
    return reinterpret_cast<void*>(aligned);
  }
  /// True if an allocation of this size starts a new chunk.
  bool fits(std::size_t bytes) const { return top_ + bytes <= end_; }
  void reset();
  void free_memory();

  std::size_t used_bytes() const { return full_bytes_ + (top_ - begin_); }
  std::size_t reserved_bytes() const { return reserved_; }

 private:
  void* allocate_in_next_chunk(std::size_t bytes, std::size_t alignment);

  struct Chunk {
    std::unique_ptr<std::byte[]> memory;
    std::size_t bytes;
  };
  std::vector<Chunk> chunks_;
  std::size_t next_ = 0;  // chunk to open when this one is full
  std::uintptr_t begin_ = 0, top_ = 0, end_ = 0;
  std::size_t full_bytes_ = 0, reserved_ = 0;
};

/// Contiguous memory for trivial values, resized with its contents and without touching the rest.
template <class T>
class RawArray {
 public:
  RawArray() = default;
  RawArray(const RawArray&) = delete;
  RawArray& operator=(const RawArray&) = delete;
  ~RawArray() { std::free(data_); }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t bytes() const { return capacity_ * sizeof(T); }

  /// Room for at least `capacity` values; 0 frees the memory.
  void resize(std::size_t capacity) {
    if (capacity == 0) {
      std::free(data_);
      data_ = nullptr;
    } else if (capacity <= capacity_) {
      return;
    } else {
      auto* moved = static_cast<T*>(std::realloc(static_cast<void*>(data_), capacity * sizeof(T)));
      if (moved == nullptr) throw std::bad_alloc();
      data_ = moved;
    }
    capacity_ = capacity;
  }

 private:
  T* data_ = nullptr;
  std::size_t capacity_ = 0;
};

/// Free lists by exact size. Programs use few sizes, so the last one found is looked at first.
class BufferPool {
 public:
  void* take(std::size_t size) {
    Bin* bin = find(size);
    if (bin == nullptr || bin->free.empty()) return nullptr;
    void* found = bin->free.back();
    bin->free.pop_back();
    return found;
  }
  void give(void* buffer, std::size_t size) {
    Bin* bin = find(size);
    if (bin == nullptr) {
      bins_.push_back({size, {}});
      bin = &bins_.back();
    }
    bin->free.push_back(buffer);
  }
  /// Forgets every free buffer; the lists keep their memory.
  void clear() {
    for (Bin& bin : bins_) bin.free.clear();
  }
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const Bin& bin : bins_)
      for (void* buffer : bin.free) visit(buffer);
  }

 private:
  struct Bin {
    std::size_t size;
    std::vector<void*> free;
  };
  Bin* find(std::size_t size) {
    if (last_ < bins_.size() && bins_[last_].size == size) return &bins_[last_];
    for (std::size_t i = 0; i < bins_.size(); ++i)
      if (bins_[i].size == size) {
        last_ = i;
        return &bins_[i];
      }
    return nullptr;
  }
  std::vector<Bin> bins_;
  std::size_t last_ = 0;
};

}  // namespace unroll::ad
