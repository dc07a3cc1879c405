#pragma once

/// What may stand to the left of an array's "=".
namespace unroll::ad {

/// False, where a template is instantiated that must not be: `static_assert(never<T>, "what to write
/// instead")`.
template <class T>
inline constexpr bool never = false;

template <class T>
void refuse_assignment() {
  static_assert(never<T>,
                "assignment to an entry: what y[i] or y(i, j) gives "
                "is a value, as a segment, row or column is, and writing to it would be lost; "
                "assemble the array from its entries (assemble, "
                "concatenate), or add to it with where, scatter, +");
}

/// Copies and moves of an array, and what is assigned to it by name. What a function returned, a segment say,
/// is a value: writing to it would be lost, and does not compile.
#define UNROLL_ASSIGNED_BY_NAME(Array)           \
  Array(const Array&) = default;                 \
  Array(Array&&) noexcept = default;             \
  Array& operator=(const Array&)& = default;     \
  Array& operator=(Array&&)& noexcept = default; \
  ~Array() = default;                            \
  template <class T>                             \
  void operator=(const T&)&& {                   \
    ad::refuse_assignment<T>();                  \
  }

}  // namespace unroll::ad
