#include "state_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/error.hpp"

namespace unroll::detail {

namespace {
template <class V>
void add_print(Fingerprint& print, const Part<V>& part) {
  if (part.is_array())
    print.add(part.numbers().data, part.numbers().size());
  else
    print.add(part.number());
}
}  // namespace

template <class V>
StatePrint print_of(const AnyState<V>& state) {
  StatePrint print;
  for (const Part<V>& part : state.parts()) add_print(part.place.of_iterate ? print.x : print.others, part);
  return print;
}
template StatePrint print_of(const AnyState<Vector>&);
template StatePrint print_of(const AnyState<VarVector>&);

bool gives_back_iterate(const AnyState<VarVector>& next, const AnyState<VarVector>& state) {
  std::vector<const VarArray*> is, was;
  const auto list = [](std::vector<const VarArray*>& to, const AnyState<VarVector>& of) {
    for (const auto& part : of.parts())
      if (part.place.of_iterate && part.array != nullptr) to.push_back(part.array);
  };
  list(is, next);
  list(was, state);
  return std::equal(is.begin(), is.end(), was.begin(), was.end(), [](const VarArray* a, const VarArray* b) {
    return a->id() == b->id() && ad::are_equal(a->block().data(), b->block().data(), a->size());
  });
}

std::string difference(const std::vector<Slot>& is, const std::vector<Slot>& was, const char* when) {
  const auto [now, then] = std::ranges::mismatch(is, was);
  if (now == is.end() && then == was.end()) return {};
  const Index member = now == is.end()     ? then->place.member
                       : then == was.end() ? now->place.member
                                           : std::min(now->place.member, then->place.member);
  const auto length = [&](const auto& slots) {
    return std::ranges::count(slots, member, [](const Slot& slot) { return slot.place.member; });
  };
  if (length(is) != length(was))
    return fmt::format("a list of the state, its member {}, is of length {}, not {} as {}", member + 1,
                       length(is), length(was), when);
  const std::string array =
      fmt::format("array {} of the state's member {} is", now->place.element + 1, member + 1);
  if (now->place != then->place)
    return fmt::format("{} in list {}, not {} as {}", array, now->place.list + 1, then->place.list + 1, when);
  return fmt::format("{} {}x{}, not {}x{} as {}", array, now->shape.rows, now->shape.cols, then->shape.rows,
                     then->shape.cols, when);
}

namespace {
/// The parts that carry derivatives.
std::vector<Part<VarVector>> carriers(const AnyState<VarVector>& state) {
  std::vector<Part<VarVector>> all = state.parts();
  std::erase_if(all, [](const auto& part) { return part.array == nullptr && part.scalar == nullptr; });
  return all;
}
}  // namespace

void add(AnyState<VarVector>& state, const AnyState<VarVector>& zeros) {
  const auto to = carriers(state), from = carriers(zeros);
  if (const std::string changed = difference(slots_of(to), slots_of(from), "at the start"); !changed.empty())
    throw UnsupportedError(fmt::format(
        "the corrected derivative of a fixed point: {}, and cotangents of what changes so have no sum; take "
        "Implicit{{}}, or Reverse{{}} uncorrected (or, of a solver whose x makes the gradient of f vanish, "
        "declare that by `static constexpr Equation equation = Equation::gradient`)",
        changed));
  for (std::size_t i = 0; i < to.size(); ++i)
    if (to[i].array != nullptr)
      *to[i].array = VarMatrix(VarMatrix(*to[i].array) + VarMatrix(*from[i].array));
    else
      *to[i].scalar = *to[i].scalar + *from[i].scalar;
}

template <class V>
Index entries_of(const AnyArrays<V>& arrays) {
  Index entries = 0;
  for (const Part<V>& part : arrays.parts())
    entries += part.array != nullptr ? part.array->size() : part.scalar != nullptr ? 1 : 0;
  return entries;
}
template Index entries_of(const AnyArrays<DualVector>&);
template Index entries_of(const AnyArrays<VarVector>&);

template <class V>
Fingerprint print_of_carried(const AnyArrays<V>& arrays) {
  Fingerprint print;
  for (const Part<V>& part : arrays.parts())
    if (part.array != nullptr || part.scalar != nullptr) add_print(print, part);
  return print;
}
template Fingerprint print_of_carried(const AnyArrays<DualVector>&);
template Fingerprint print_of_carried(const AnyArrays<VarVector>&);

Vector PlusTangent::operator()(const DualVector& a) { return a.block().col(0) + a.block().col(1); }
Matrix PlusTangent::operator()(const DualMatrix& a) {
  return (a.block().col(0) + a.block().col(1)).reshaped(a.rows(), a.cols());
}
double PlusTangent::operator()(const Dual& a) { return a.value() + a.tangents()(0); }

namespace {
/// Entries of the arrays: the row of the first scalar.
Index rows_of_arrays(const AnyState<DualVector>& state) {
  Index rows = 0;
  for (const auto& part : state.parts())
    if (part.array != nullptr) rows += part.array->size();
  return rows;
}

}  // namespace

Matrix stacked_tangents(const AnyState<DualVector>& state, Index directions) {
  Index row = 0, scalar = rows_of_arrays(state);
  Matrix stacked = Matrix::Zero(entries_of(state), directions);
  for (const auto& part : state.parts()) {
    if (part.array != nullptr) {
      const Index rows = part.array->size();
      if (part.array->directions() > 0) stacked.middleRows(row, rows) = part.array->tangents();
      row += rows;
    } else if (part.scalar != nullptr) {
      if (part.scalar->directions() > 0) stacked.row(scalar) = part.scalar->tangents();
      ++scalar;
    }
  }
  return stacked;
}

StatePtr<DualVector> with_tangents(const SolverIn<DualVector>& solver, const AnyState<Vector>& state,
                                   const Matrix& stacked) {
  auto constants = as_dual_constants();
  Index row = 0, scalar = rows_of_arrays(*solver.into(state, constants));
  auto tangents = becoming<DualVector>([&]<class A>(const A& value) {
    if constexpr (std::is_same_v<A, double>)
      return Dual(ad::value_and_tangents(value, stacked.row(scalar++)));
    else
      return std::conditional_t<std::is_same_v<A, Vector>, DualVector, DualMatrix>(
          value, stacked.middleRows(std::exchange(row, row + value.size()), value.size()));
  });
  return solver.into(state, tangents);
}

}  // namespace unroll::detail
