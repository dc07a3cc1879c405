#pragma once

#include <cstddef>
#include <iterator>

#include "unroll/types.hpp"

namespace unroll::ad {

/// Goes through the entries x[0], …, x[n − 1] of a vector, each by value, a scalar of x's world; const, so
/// that what would write to it, `for (auto&& v : x) v = 0.0`, and change nothing does not compile.
template <class A, class Entry>
class EntryIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Entry;
  using difference_type = std::ptrdiff_t;
  using reference = const Entry;
  using pointer = void;

  EntryIterator() = default;
  EntryIterator(const A& x, Index i) : x_(&x), i_(i) {}
  const Entry operator*() const { return (*x_)[i_]; }
  EntryIterator& operator++() {
    ++i_;
    return *this;
  }
  EntryIterator operator++(int) {
    const EntryIterator before = *this;
    ++i_;
    return before;
  }
  bool operator==(const EntryIterator&) const = default;

 private:
  const A* x_ = nullptr;
  Index i_ = 0;
};

}  // namespace unroll::ad
