#pragma once

#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "unroll/ad/worlds.hpp"
#include "unroll/solver/any_solver.hpp"
#include "unroll/solver/solver.hpp"

/// What remembers the types that any_solver.hpp forgets. (Objects are made by `new`: a std::unique_ptr of
/// each type would be one more for every solver that is compiled.)
namespace unroll::detail {

/// Whether it is a matrix or a list of plain doubles.
template <class Member>
consteval bool holds_doubles() {
  if constexpr (std::is_base_of_v<Eigen::PlainObjectBase<Member>, Member>)
    return std::is_same_v<typename Member::Scalar, double>;
  else
    return std::is_same_v<Member, std::vector<double>>;
}

/// Lists a member, or the elements of one that is a list: what is neither array nor number is left out.
/// `next` is what the part that follows begins with.
template <class V, class Member, class Add>
void add_parts(Member& member, Part<V>& next, const Add& add) {
  Part<V> part = next;
  part.object = &member;
  if constexpr (std::is_arithmetic_v<Member>) {
    part.of_number = [](const void* object) {
      return static_cast<double>(*static_cast<const Member*>(object));
    };
  } else if constexpr (std::is_same_v<Member, Var> || std::is_same_v<Member, Dual>) {
    part.scalar = &member;
    part.is_variable = true;
    part.of_number = [](const void* object) { return static_cast<const Member*>(object)->value(); };
  } else if constexpr (std::is_base_of_v<VarArray, Member> || std::is_base_of_v<DualArray, Member>) {
    part.object = part.array = &member;
    part.of_array = [](const void* object) {
      const auto& array = *static_cast<const typename CarriersOf<V>::Array*>(object);
      return Numbers{array.block().data(), array.rows(), array.cols()};
    };
  } else if constexpr (holds_doubles<Member>()) {
    part.is_listed |= is_std_vector<Member>;  // it may grow
    part.of_array = [](const void* object) {
      const auto& array = *static_cast<const Member*>(object);
      if constexpr (is_std_vector<Member>)
        return Numbers{array.data(), static_cast<Index>(array.size()), 1};
      else
        return Numbers{array.data(), array.rows(), array.cols()};
    };
  } else {
    if constexpr (is_std_vector<Member> && !std::is_same_v<Member, std::vector<bool>>) {
      next.is_listed = true;
      for (auto& element : member) add_parts(element, next, add);
      ++next.place.list;
    }
    return;
  }
  add(part);
  ++next.place.element;
}

/// Whether member I is a scalar on a tape, where the state there is `OnTape`.
template <class OnTape, std::size_t I>
consteval bool is_scalar_variable() {
  using Members = decltype(members(std::declval<OnTape&>()));
  if constexpr (I < std::tuple_size_v<Members>)  // else it is another state: a solver of plain arrays alone
    return std::is_same_v<std::tuple_element_t<I, Members>, Var&>;
  return false;
}

/// What a solver prepared, as an object of the type that it is.
template <class T, class V>
class Prepared final : public AnyArrays<V> {
 public:
  explicit Prepared(T&& made) : value(std::move(made)) {}

  mutable T value;  // parts refer to what may be changed

 private:
  void list() const override {
    Part<V> next{};
    const auto add = [this](const Part<V>& part) { this->add(part); };
    if constexpr (std::is_aggregate_v<T> && std::is_class_v<T> && !std::is_empty_v<T>)
      for_each_member(value, [&](auto& member) { add_parts(member, next, add); });
    else
      add_parts(value, next, add);
  }
};

/// The bytes that a member of a plain state has allocated: arrays, and what their allocator adds (alignment
/// and bookkeeping).
template <class Member>
std::size_t allocated_bytes(const Member& member) {
  constexpr std::size_t overhead = 80;
  if constexpr (std::is_base_of_v<Eigen::DenseBase<Member>, Member>) {
    return static_cast<std::size_t>(member.size()) * sizeof(typename Member::Scalar) + overhead;
  } else if constexpr (is_std_vector<Member>) {
    std::size_t bytes = member.capacity() * sizeof(typename Member::value_type) + overhead;
    for (const auto& element : member) bytes += allocated_bytes(element);
    return bytes;
  } else {
    return 0;
  }
}

/// Whether no member of a state is a list of parts, which may go elsewhere.
template <class T>
inline constexpr bool stays_in_place = []<class... M>(std::type_identity<std::tuple<M&...>>) {
  return ((!is_std_vector<M> || holds_doubles<M>()) && ...);
}(std::type_identity<decltype(members(std::declval<T&>()))>{});

/// A state as an object of the type that it is; `OnTape` is what it is on a tape.
template <class T, class V, class OnTape>
class TypedState final : public AnyState<V> {
 public:
  explicit TypedState(T&& state) : value_(std::move(state)) {}
  explicit TypedState(const T& state) : value_(state) {}

  const T& value() const { return value_; }
  T take() && { return std::move(value_); }
  void set(T&& state) {
    value_ = std::move(state);
    if constexpr (!stays_in_place<T>) this->forget();
  }

  StatePtr<V> copy() const override { return StatePtr<V>(new TypedState(value_)); }
  const V& iterate() const override {
    if constexpr (std::is_lvalue_reference_v<decltype(unroll::iterate(value_))>)
      return unroll::iterate(value_);
    else
      return assembled_ = unroll::iterate(value_);
  }
  bool was_accepted() const override { return unroll::was_accepted(value_); }
  std::size_t bytes() const override {
    std::size_t bytes = sizeof(T);
    if constexpr (std::is_same_v<V, Vector>)
      for_each_member(value_, [&](const auto& member) { bytes += allocated_bytes(member); });
    return bytes;
  }

 private:
  void list() const override {
    const auto to_members = members(value_);
    const auto list_member = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
      auto& member = std::get<I>(to_members);
      Part<V> next{};
      next.place.member = static_cast<Index>(I);
      if constexpr (requires { value_.x; })
        next.place.of_iterate = static_cast<const void*>(&member) == static_cast<const void*>(&value_.x);
      else
        next.place.of_iterate = true;
      next.is_variable = is_scalar_variable<OnTape, I>();
      add_parts(member, next, [this](const Part<V>& one) { this->add(one); });
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (list_member(std::integral_constant<std::size_t, I>{}), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<decltype(to_members)>>{});
  }

  mutable T value_;  // parts refer to what may be changed
  mutable V assembled_{};
};

/// The state of S on a tape, or, of a solver of plain arrays alone, there.
template <class S>
consteval auto state_on_tape() {
  if constexpr (requires { members(std::declval<StateOf<S, VarVector>&>()); })
    return std::type_identity<StateOf<S, VarVector>>{};
  else
    return std::type_identity<StateOf<S, Vector>>{};
}

/// Refers to the solver.
template <class S, class V>
class SolverOf final : public SolverIn<V> {
 public:
  using State = TypedState<StateOf<S, V>, V, typename decltype(state_on_tape<S>())::type>;
  using Made = Prepared<PreparedOf<S, V>, V>;
  using Which = typename SolverIn<V>::Which;

  explicit SolverOf(const S& solver) : solver_(solver), plain_(solver) {}
  static const State& typed(const AnyState<V>& state) { return static_cast<const State&>(state); }
  static StateOf<S, V> taken(StatePtr<V> state) { return static_cast<State&&>(*state).take(); }

  Equation equation() const override { return declared_equation<S>(); }
  bool has_frozen_step() const override { return HasFrozenStep<S, V>; }
  StatePtr<V> start(const V& x0, const V& theta) const override {
    return StatePtr<V>(new State(initial_state(solver_, x0, theta)));
  }
  PreparedPtr<V> prepare(const V& theta) const override {
    return PreparedPtr<V>(new Made(unroll::prepare(solver_, theta)));
  }
  void step(const Oracle<V>& f, const AnyState<V>& from, const V& theta, Index t,
            const AnyArrays<V>& prepared, StatePtr<V>& to, Which which) const override {
    const auto& state = typed(from).value();
    const auto& given = static_cast<const Made&>(prepared).value;
    const auto put = [&](StateOf<S, V>&& next) {
      if (to)
        static_cast<State&>(*to).set(std::move(next));
      else
        to.reset(new State(std::move(next)));
    };
    if constexpr (HasFrozenStep<S, V>)
      if (which == Which::frozen) return put(take_frozen_step<V, S>(solver_, f, state, theta, t, given));
    put(take_step<V, S>(solver_, f, state, theta, t, given));
  }
  bool solves(const Oracle<V>& f, const AnyState<V>& state, const V& theta, double tolerance) const override {
    return unroll::solves<V, S>(solver_, f, typed(state).value(), theta, tolerance);
  }

  StatePtr<V> into(const AnyState<Vector>& plain, IntoWorld<V>& become) const override {
    if constexpr (is_plain)
      return plain.copy();
    else
      return StatePtr<V>(
          new State(convert_state<StateOf<S, V>>(SolverOf<S, Vector>::typed(plain).value(), become)));
  }
  PreparedPtr<V> into(const AnyArrays<Vector>& plain, IntoWorld<V>& become) const override {
    const auto& made = static_cast<const typename SolverOf<S, Vector>::Made&>(plain).value;
    return PreparedPtr<V>(new Made(convert_prepared<PreparedOf<S, V>>(made, become)));
  }
  StatePtr<Vector> out_of(const AnyState<V>& state, OutOfWorld<V>&& become) const override {
    if constexpr (is_plain)
      return state.copy();
    else
      return StatePtr<Vector>(new typename SolverOf<S, Vector>::State(
          convert_state<StateOf<S, Vector>>(typed(state).value(), become)));
  }
  const SolverIn<Vector>& plain() const override {
    if constexpr (is_plain)
      return *this;
    else
      return plain_;
  }

 private:
  static constexpr bool is_plain = std::is_same_v<V, Vector>;
  struct Nothing {
    explicit Nothing(const S&) {}
  };

  const S& solver_;
  [[no_unique_address]] std::conditional_t<is_plain, Nothing, SolverOf<S, Vector>> plain_;
};

/// Holds the solver as `Held`: by reference, or by value.
template <class S, class Held>
class TypedSolver final : public AnySolver {
 public:
  explicit TypedSolver(const S& solver) : solver_(solver) {}
  TypedSolver(const TypedSolver&) = delete;
  TypedSolver& operator=(const TypedSolver&) = delete;

  const SolverIn<Vector>& plain() const override { return dual_.plain(); }
  const SolverIn<DualVector>& dual() const override { return dual_; }
  const SolverIn<VarVector>& taped() const override { return taped_; }
  void check() const override { check_solver(solver_); }
  std::optional<double> contraction(double smallest_eigenvalue) const override {
    return unroll::contraction(solver_, smallest_eigenvalue);
  }
  void watch(Tape& tape) const override { tape.watch(solver_); }

 private:
  Held solver_;
  SolverOf<S, DualVector> dual_{solver_};
  SolverOf<S, VarVector> taped_{solver_};
};

}  // namespace unroll::detail
