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

/// Of an argument that is read after the line it stands in.
template <class T>
void refuse_temporary() {
  static_assert(never<T>,
                "a temporary is gone after this line, and is read later: give it a name first, `const auto "
                "problem = ...;` or `const VarVector y = ...;`, and pass the name");
}

template <class T>
void refuse_number() {
  static_assert(
      never<T>,
      "a double of a variable would lose the derivative: keep it, `const scalar_t<V> s = x[0];`, or "
      "write `value_of(x[0])` for the number alone");
}

template <class T>
void refuse_size() {
  static_assert(never<T>,
                "an array of so many entries would have none to write to: collect them in a "
                "std::vector<scalar_t<V>> and assemble(list); a constant is V(Vector::Zero(n))");
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
  Array operator=(const T&)&& {                  \
    ad::refuse_assignment<T>();                  \
    return *this;                                \
  }

}  // namespace unroll::ad
