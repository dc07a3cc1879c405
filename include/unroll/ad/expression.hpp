#pragma once

#include <algorithm>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "unroll/ad/assignment.hpp"
#include "unroll/ad/functions.hpp"
#include "unroll/ad/tape_core.hpp"

/// Scalars on a tape. An expression such as a*b + c*sin(d) is a type that holds its operands by value; when
/// it becomes a `Var` it is recorded as one statement: the partial in every variable, computed from the root
/// down.
namespace unroll {

namespace ad {

#define UNROLL_INLINE [[gnu::always_inline]] inline

/// Where a statement being recorded puts its arguments, constants left out. `stale` gathers what an epoch
/// check of each would find.
struct StatementWriter {
  Statements::Arguments next;
  std::uint32_t epoch;
  std::uint32_t stale = 0;
  std::size_t count = 0;
};

/// The same with the tangents of the partials in one direction, or the mixed ones of two.
struct TangentWriter {
  Index direction;     // which tangent
  double* tangent;     // of the next argument's partial
  std::size_t stride;  // doubles between arguments
};

/// Writes the arguments of an operand through which F's slope is `slope`. Those of one that a selection does
/// not take are written as the constant 0: nothing comes back to them, though it be infinite.
template <class F, class A>
UNROLL_INLINE void push_operand(StatementWriter& writer, const A& operand, double slope, double multiplier) {
  [[maybe_unused]] const std::size_t first = writer.count;
  operand.push(writer, multiplier);
  if constexpr (F::is_selection) {
    if (slope == 0) std::fill(writer.next.id + first, writer.next.id + writer.count, Id{0});
  }
}

}  // namespace ad

template <class E>
struct Expression;
template <class T>
concept ScalarExpression = std::is_base_of_v<Expression<T>, T>;

class Var;
namespace ad {
template <class T>
consteval std::string_view type_name() {
  return __PRETTY_FUNCTION__;
}
/// True, after the compilation was stopped with what to write: expressions of two types meet where one is
/// wanted. (Of the two directions one is looked at: a compiler tries both.)
template <class From, class To>
consteval bool refused() {
  constexpr bool first = type_name<From>() < type_name<To>();
  static_assert(!first,
                "the branches of `condition ? a * b : a + b` are expressions of different types: write "
                "`condition ? scalar_t<V>(a * b) : scalar_t<V>(a + b)`");
  return first;
}
template <class From, class To>
concept OtherExpression = ScalarExpression<To> && !std::is_same_v<From, Var> && !std::is_same_v<To, Var> &&
                          !std::is_same_v<From, To>;
}  // namespace ad

/// A scalar expression over variables; converts to `Var`.
template <class E>
struct Expression {
  /// The expression as the type that it is.
  UNROLL_INLINE const E& self() const { return static_cast<const E&>(*this); }
  /// A number has no derivative: does not compile, and says what to write.
  template <std::same_as<double> T>
  explicit operator T() const {
    ad::refuse_number<E>();
    return 0;
  }
  /// No conversion, see `refused`.
  template <class Other>
  requires ad::OtherExpression<E, Other> &&(ad::refused<E, Other>()) operator Other()
      const;  // NOLINT: implicit
};

namespace ad {

/// A number inside an expression.
struct Literal {
  static constexpr std::uint32_t leaves = 0;
  double number;
  UNROLL_INLINE TapeCore* core() const { return nullptr; }
  UNROLL_INLINE void check(const char*) const {}
  UNROLL_INLINE double primal() const { return number; }
  UNROLL_INLINE void push(StatementWriter&, double) const {}
  template <class P>
  P with_tangent(Index) const {
    return P(number);
  }
  template <class P>
  void push_tangent(TangentWriter&, P) const {}
};

template <Function function, class A>
class Unary : public Expression<Unary<function, A>> {
 public:
  using F = Elementary<function>;
  static constexpr std::uint32_t leaves = A::leaves;
  UNROLL_INLINE Unary(const A& a, double value) : a_(a), value_(value) {}
  UNROLL_INLINE TapeCore* core() const { return a_.core(); }
  UNROLL_INLINE void check(const char* operation) const { a_.check(operation); }
  UNROLL_INLINE double primal() const { return value_; }
  UNROLL_INLINE void push(StatementWriter& writer, double multiplier) const {
    const double slope = F::slope(F::saves_output ? value_ : a_.primal());
    push_operand<F>(writer, a_, slope, chain_through<F>(slope, multiplier));
  }
  template <class P>
  P with_tangent(Index j) const {
    return value_at<F>(a_.template with_tangent<P>(j), value_);
  }
  template <class P>
  void push_tangent(TangentWriter& writer, P multiplier) const {
    P saved = a_.template with_tangent<P>(writer.direction);
    if constexpr (F::saves_output) saved = value_at<F>(saved, value_);
    a_.push_tangent(writer, multiplier * derivative_of<F, 1>(saved));
  }

 private:
  A a_;
  double value_;
};

template <auto function, class A, class B>
class Binary : public Expression<Binary<function, A, B>> {
 public:
  using F = Elementary<function>;
  static constexpr std::uint32_t leaves = A::leaves + B::leaves;
  UNROLL_INLINE Binary(const A& a, const B& b) : a_(a), b_(b), value_(F::value(a.primal(), b.primal())) {}
  UNROLL_INLINE TapeCore* core() const {
    if constexpr (A::leaves == 0) {
      return b_.core();
    } else if constexpr (B::leaves == 0) {
      return a_.core();
    } else {
      TapeCore* const first = a_.core();
      return first != nullptr ? first : b_.core();
    }
  }
  UNROLL_INLINE void check(const char* operation) const {
    a_.check(operation);
    b_.check(operation);
  }
  UNROLL_INLINE double primal() const { return value_; }
  UNROLL_INLINE void push(StatementWriter& writer, double multiplier) const {
    const double a = a_.primal(), b = b_.primal();
    if constexpr (A::leaves > 0) push_one(writer, a_, F::partial_a(a, b, value_), multiplier);
    if constexpr (B::leaves > 0) push_one(writer, b_, F::partial_b(a, b, value_), multiplier);
  }
  template <class P>
  P with_tangent(Index j) const {
    return value_of_two<F>(a_.template with_tangent<P>(j), b_.template with_tangent<P>(j));
  }
  template <class P>
  void push_tangent(TangentWriter& writer, P multiplier) const {
    const P a = a_.template with_tangent<P>(writer.direction),
            b = b_.template with_tangent<P>(writer.direction), y = value_of_two<F>(a, b);
    if constexpr (A::leaves > 0) a_.push_tangent(writer, multiplier * P(F::partial_a(a, b, y)));
    if constexpr (B::leaves > 0) b_.push_tangent(writer, multiplier * P(F::partial_b(a, b, y)));
  }

 private:
  /// Of an operation + − × ÷ no partial is infinite where the value is not.
  template <class Operand>
  UNROLL_INLINE static void push_one(StatementWriter& writer, const Operand& operand, double partial,
                                     double multiplier) {
    if constexpr (std::is_same_v<decltype(function), Operation>)
      operand.push(writer, partial * multiplier);
    else
      push_operand<F>(writer, operand, partial, chain_through<F>(partial, multiplier));
  }
  A a_;
  B b_;
  double value_;
};

}  // namespace ad
}  // namespace unroll
