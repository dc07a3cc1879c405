#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <utility>
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
  /// False if an allocation of this size starts a new chunk.
  bool fits(std::size_t bytes) const { return top_ + bytes <= end_; }
  void reset();
  void free_memory();

  std::size_t used_bytes() const { return full_bytes_ + (top_ - begin_); }
  std::size_t reserved_bytes() const { return reserved_; }

 private:
  void* allocate_in_next_chunk(std::size_t bytes, std::size_t alignment);
  void open_next();

  struct Chunk {
    std::unique_ptr<std::byte[]> memory;
    std::size_t bytes;
  };
  std::vector<Chunk> chunks_;
  std::size_t next_ = 0;  // chunk to open when this one is full
  std::uintptr_t begin_ = 0, top_ = 0, end_ = 0;
  std::size_t full_bytes_ = 0, reserved_ = 0;
};

/// Memory that is going to be filled from its beginning on: of a large part the system is told that large
/// pages suit it, where it knows any.
void advise_large_pages(void* memory, std::size_t bytes) noexcept;

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

  static constexpr std::size_t most = std::numeric_limits<std::ptrdiff_t>::max() / sizeof(T);
  /// Room for at least `capacity` ≤ `most` values. @throws std::bad_alloc, and leaves it as it was.
  void resize(std::size_t capacity) {
    if (capacity <= capacity_) return;
    if (capacity > most) throw std::bad_alloc();
    auto* moved = static_cast<T*>(std::realloc(static_cast<void*>(data_), capacity * sizeof(T)));
    if (moved == nullptr) throw std::bad_alloc();
    data_ = moved;
    capacity_ = capacity;
    advise_large_pages(data_, bytes());
  }
  void free() noexcept {
    std::free(data_);
    data_ = nullptr;
    capacity_ = 0;
  }

 private:
  T* data_ = nullptr;
  std::size_t capacity_ = 0;
};

/// Free buffers by exact size, each list threaded through the first bytes of its buffers' data. Programs use
/// few sizes, so the last one found is looked at first.
template <class Buffer>
class FreeLists {
 public:
  static constexpr std::size_t least_bytes = sizeof(Buffer*);  // of a buffer's data

  /// A free buffer, or null. @throws std::bad_alloc for a size that is new.
  Buffer* take(std::size_t size) {
    List* const list = find(size);
    if (list == nullptr) [[unlikely]] {
      lists_.push_back({size, nullptr});  // here, so that give() asks for no memory
      return nullptr;
    }
    if (list->first == nullptr) return nullptr;
    Buffer* const found = list->first;
    std::memcpy(&list->first, found->data, sizeof(Buffer*));
    return found;
  }
  /// Of a size that was asked for before: destructors may call this.
  void give(Buffer* buffer, std::size_t size) noexcept {
    List* const list = find(size);
    std::memcpy(buffer->data, &list->first, sizeof(Buffer*));
    list->first = buffer;
  }
  /// Forgets every free buffer.
  void clear() {
    for (List& list : lists_) list.first = nullptr;
  }

 private:
  struct List {
    std::size_t size;
    Buffer* first;
  };
  List* find(std::size_t size) noexcept {
    if (last_ < lists_.size() && lists_[last_].size == size) return &lists_[last_];
    for (std::size_t i = 0; i < lists_.size(); ++i)
      if (lists_[i].size == size) {
        last_ = i;
        return &lists_[i];
      }
    return nullptr;
  }
  std::vector<List> lists_;
  std::size_t last_ = 0;
};

/// Objects that rest between uses with the thread that used them last, threaded through their member `next`:
/// no memory is asked for, so a destructor may give one back. When the thread ends its objects go to
/// `Owner::bequeath`.
template <class T>
class ThreadRest {
 public:
  static T* take() noexcept {
    T* const found = ended ? nullptr : mine().first_;
    if (found != nullptr) mine().first_ = found->next;
    return found;
  }
  static void give(T* object) noexcept {
    if (ended) return T::bequeath(object);  // of static storage, swept after its thread ended
    object->next = mine().first_;
    mine().first_ = object;
  }

 private:
  ThreadRest() = default;
  ~ThreadRest() {
    ended = true;
    while (first_ != nullptr) T::bequeath(std::exchange(first_, first_->next));
  }
  static ThreadRest& mine() {
    thread_local ThreadRest rest;
    return rest;
  }
  static thread_local bool ended;  // trivial: outlives `mine`
  T* first_ = nullptr;
};
template <class T>
thread_local bool ThreadRest<T>::ended = false;

}  // namespace unroll::ad
