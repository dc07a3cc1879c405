#pragma once

#include <string>
#include <vector>

#include "repeated.hpp"
#include "unroll/solver/any_solver.hpp"

/// What a run's states are asked for, part by part: fingerprints, sums on a tape, tangents.
namespace unroll::detail {

/// Of the iterate, and of what stands beside it.
template <class V>
StatePrint print_of(const AnyState<V>& state);

/// Whether a step on a tape gave back the iterate that it took.
bool gives_back_iterate(const AnyState<VarVector>& next, const AnyState<VarVector>& state);

/// Where an array or scalar of a state stands, and its shape: 1×1 of a scalar.
struct Slot {
  Place place;
  ad::Shape shape;
  bool operator==(const Slot&) const = default;
};
/// Those of parts, each with a place and an array, or null.
template <class Parts>
std::vector<Slot> slots_of(const Parts& parts) {
  std::vector<Slot> slots;
  for (const auto& part : parts)
    slots.push_back({part.place, part.array != nullptr ? part.array->shape() : ad::Shape{1, 1}});
  return slots;
}
/// What differs first between those of a state and those that it had, in words that name when that was; empty
/// if nothing does.
std::string difference(const std::vector<Slot>& is, const std::vector<Slot>& was, const char* when);

/// Adds to every array and scalar that carries derivatives the zero of the same place.
/// @throws UnsupportedError: a state whose lists or shapes change has no sum of cotangents.
void add(AnyState<VarVector>& state, const AnyState<VarVector>& zeros);

/// f(a, place) for all arrays and scalars a that carry derivatives, in order.
template <class V, class F>
void for_each_carrier(const AnyArrays<V>& arrays, const F& f) {
  for (const Part<V>& part : arrays.parts()) {
    if (part.array != nullptr) f(*part.array, part.place);
    if (part.scalar != nullptr) f(*part.scalar, part.place);
  }
}

/// Entries of all arrays and scalars that carry derivatives, and their fingerprint.
/// @{
template <class V>
Index entries_of(const AnyArrays<V>& arrays);
template <class V>
Fingerprint print_of_carried(const AnyArrays<V>& arrays);
/// @}

/// What `f` makes of plain arrays and numbers, in V's world.
template <class V, class F>
class Becoming final : public IntoWorld<V> {
 public:
  explicit Becoming(F f) : f_(std::move(f)) {}
  V operator()(const Vector& value) override { return f_(value); }
  matrix_t<V> operator()(const Matrix& value) override { return f_(value); }
  scalar_t<V> operator()(double value) override { return f_(value); }

 private:
  F f_;
};
template <class V, class F>
Becoming<V, F> becoming(F f) {
  return Becoming<V, F>(std::move(f));
}
/// Dual constants.
inline auto as_dual_constants() {
  return becoming<DualVector>([](const auto& value) { return value; });
}

/// The value of dual arrays and scalars plus their one tangent.
class PlusTangent final : public OutOfWorld<DualVector> {
 public:
  Vector operator()(const DualVector& a) override;
  Matrix operator()(const DualMatrix& a) override;
  double operator()(const Dual& a) override;
};

/// Tangents of a state's arrays and scalars as one matrix, N×k: the arrays in order, each flattened, then the
/// scalars; zero where there are none.
Matrix stacked_tangents(const AnyState<DualVector>& state, Index directions);
/// A state with such tangents.
StatePtr<DualVector> with_tangents(const SolverIn<DualVector>& solver, const AnyState<Vector>& state,
                                   const Matrix& stacked);

}  // namespace unroll::detail
