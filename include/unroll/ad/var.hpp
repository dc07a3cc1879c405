#pragma once

#include <type_traits>

#include "unroll/ad/binary_functions.hpp"
#include "unroll/ad/scalar_functions.hpp"
#include "unroll/ad/tape_core.hpp"

/// Scalars on a tape. An expression such as a*b + c*sin(d) is a type that holds its operands by value; when
/// it becomes a `Var` it is recorded as one statement: the partial in every variable, computed from the root
/// down.
namespace unroll {

class Var;

namespace ad {

#define UNROLL_INLINE [[gnu::always_inline]] inline

/// Where a statement being recorded puts its arguments. `stale` gathers what an epoch check of each would
/// find.
struct StatementWriter {
  double* partial;
  Id* argument;
  std::uint32_t epoch;
  std::uint32_t stale = 0;
};

/// The same with the tangents of the partials in one direction.
struct TangentWriter {
  Index direction;     // which tangent
  double* tangent;     // of the next argument's partial
  std::size_t stride;  // doubles between arguments
};

}  // namespace ad

/// A scalar expression over variables; converts to `Var`.
template <class E>
struct Expression {
  /// The expression as the type that it is.
  UNROLL_INLINE const E& self() const { return static_cast<const E&>(*this); }
};

template <class T>
concept ScalarExpression = std::is_base_of_v<Expression<T>, T>;

/// A number recorded on a tape, or a constant. Trivial to copy; usable as an Eigen scalar (eigen_scalar.hpp).
class Var : public Expression<Var> {
 public:
  /// @cond engine
  static constexpr std::uint32_t leaves = 1;
  /// @endcond

  Var() = default;
  /// A copy stands for the same variable of the recording.
  /// @{
  // Member by member: a copy that moves two of them as one would wait for both stores of a variable just
  // made.
  UNROLL_INLINE Var(const Var& o) : value_(o.value_), core_(o.core_), id_(o.id_), epoch_(o.epoch_) {}
  UNROLL_INLINE Var& operator=(const Var& o) {
    value_ = o.value_;
    core_ = o.core_;
    id_ = o.id_;
    epoch_ = o.epoch_;
    return *this;
  }
  /// @}
  /// A constant, which belongs to no tape.
  template <class T>
  requires std::is_arithmetic_v<T> UNROLL_INLINE Var(T constant)
      : value_(static_cast<double>(constant)) {}  // NOLINT: implicit
  /// Records the expression as one statement; one of constants alone is a constant. @throws TapeError if its
  /// variables are not of one recording, or its tape was cleared or destroyed.
  template <ScalarExpression E>
  requires(!std::is_same_v<E, Var>) UNROLL_INLINE Var(const E& expression) {  // NOLINT: implicit
    record(expression);
  }
  /// @cond engine
  Var(ad::TapeCore* core, ad::Id id, double value)
      : value_(value), core_(core), id_(id), epoch_(core->epoch.load(std::memory_order_relaxed)) {}
  /// @endcond

  /// The number without a derivative. @throws TapeError if its tape was cleared or destroyed.
  double value() const {
    check("value");
    return value_;
  }
  /// True if no derivative flows through it.
  bool is_constant() const { return id_ == 0; }

  /// x += y is x = x + y: x becomes another variable. y is an expression or a number.
  /// @{
  template <class T>
  UNROLL_INLINE Var& operator+=(const T& other) {
    return *this = *this + other;
  }
  template <class T>
  UNROLL_INLINE Var& operator-=(const T& other) {
    return *this = *this - other;
  }
  template <class T>
  UNROLL_INLINE Var& operator*=(const T& other) {
    return *this = *this * other;
  }
  template <class T>
  UNROLL_INLINE Var& operator/=(const T& other) {
    return *this = *this / other;
  }
  /// @}

  // For the engine.
  /// @cond engine
  ad::Id id() const { return id_; }
  std::uint32_t epoch() const { return epoch_; }
  UNROLL_INLINE ad::TapeCore* core() const { return core_; }
  UNROLL_INLINE const double& primal() const { return value_; }
  void check(const char* operation) const {
    if (core_ != nullptr) core_->check(epoch_, operation);
  }
  UNROLL_INLINE void push(ad::StatementWriter& writer, double multiplier) const {
    *writer.partial++ = multiplier;
    *writer.argument++ = id_;
    writer.stale |= epoch_ ^ writer.epoch;
  }
  /// Value and tangent in direction j.
  ad::Pair pair(Index j) const { return {value_, id_ == 0 ? 0.0 : core_->scalars.block(id_)[1 + j]}; }
  void push_pair(ad::TangentWriter& writer, ad::Pair multiplier) const {
    *writer.tangent = multiplier.tangent;
    writer.tangent += writer.stride;
  }
  void check_leaves(std::uint32_t epoch) const {
    if (id_ != 0 && epoch_ != epoch) ad::TapeCore::throw_foreign("scalar expression");
  }
  /// @endcond

 private:
  template <class E>
  UNROLL_INLINE void record(const E& expression) {
    value_ = expression.primal();
    core_ = expression.core();
    if (core_ == nullptr) return;
    epoch_ = core_->epoch.load(std::memory_order_relaxed);
    static_assert(E::leaves <= ad::Statements::most_arguments, "an expression of more than 255 variables");
    const auto record = core_->scalars.push(E::leaves);
    ad::StatementWriter writer{record.partials, record.arguments, epoch_};
    expression.push(writer, 1.0);
    if (writer.stale != 0) [[unlikely]]
      confirm(*core_, expression);
    id_ = record.id;
    if (core_->tangents != 0) [[unlikely]]
      record_tangents(*core_, expression, value_, record);
  }
  // The rare paths take copies: an expression whose address is never taken stays in registers.
  /// Epochs differ: constants among the variables, or a variable of another recording.
  template <class E>
  [[gnu::noinline]] static void confirm(ad::TapeCore& core, E expression) {
    try {
      expression.check_leaves(core.epoch.load(std::memory_order_relaxed));
    } catch (...) {
      core.scalars.undo(E::leaves);
      throw;
    }
  }
  template <class E>
  [[gnu::noinline]] static void record_tangents(ad::TapeCore& core, E expression, double value,
                                                ad::Statements::Record record) {
    double* block = core.scalars.block(record.id);
    block[0] = value;
    const auto first = static_cast<std::size_t>(record.partials - core.scalars.partials());
    const auto stride = static_cast<std::size_t>(core.tangents);
    for (Index j = 0; j < core.tangents; ++j) {
      block[1 + j] = expression.pair(j).tangent;
      ad::TangentWriter writer{j, core.scalars.partial_tangents(first) + j, stride};
      expression.push_pair(writer, {1.0, 0.0});
    }
  }

  double value_ = 0;
  ad::TapeCore* core_ = nullptr;
  ad::Id id_ = 0;
  std::uint32_t epoch_ = 0;
};

namespace ad {

/// A number inside an expression.
struct Literal {
  static constexpr std::uint32_t leaves = 0;
  double number;
  UNROLL_INLINE TapeCore* core() const { return nullptr; }
  UNROLL_INLINE double primal() const { return number; }
  UNROLL_INLINE void push(StatementWriter&, double) const {}
  Pair pair(Index) const { return {number, 0.0}; }
  void push_pair(TangentWriter&, Pair) const {}
  void check_leaves(std::uint32_t) const {}
};

template <class F, class A>
class Unary : public Expression<Unary<F, A>> {
 public:
  static constexpr std::uint32_t leaves = A::leaves;
  UNROLL_INLINE explicit Unary(const A& a) : a_(a), value_(F::value(a.primal())) {}
  UNROLL_INLINE TapeCore* core() const { return a_.core(); }
  UNROLL_INLINE double primal() const { return value_; }
  UNROLL_INLINE void push(StatementWriter& writer, double multiplier) const {
    a_.push(writer, multiplier * F::slope(F::saves_output ? value_ : a_.primal()));
  }
  Pair pair(Index j) const { return {value_, slope(j).value * a_.pair(j).tangent}; }
  void push_pair(TangentWriter& writer, Pair multiplier) const {
    a_.push_pair(writer, multiplier * slope(writer.direction));
  }
  void check_leaves(std::uint32_t epoch) const { a_.check_leaves(epoch); }

 private:
  Pair slope(Index j) const {
    const Pair a = a_.pair(j);
    if constexpr (F::saves_output)
      return slope_pair<F>({value_, F::slope(value_) * a.tangent});
    else
      return slope_pair<F>(a);
  }
  A a_;
  double value_;
};

template <class F, class A, class B>
class Binary : public Expression<Binary<F, A, B>> {
 public:
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
  UNROLL_INLINE double primal() const { return value_; }
  UNROLL_INLINE void push(StatementWriter& writer, double multiplier) const {
    if constexpr (A::leaves > 0) a_.push(writer, multiplier * F::partial_a(a_.primal(), b_.primal(), value_));
    if constexpr (B::leaves > 0) b_.push(writer, multiplier * F::partial_b(a_.primal(), b_.primal(), value_));
  }
  Pair pair(Index j) const { return F::value(a_.pair(j), b_.pair(j)); }
  void push_pair(TangentWriter& writer, Pair multiplier) const {
    const Pair a = a_.pair(writer.direction);
    const Pair b = b_.pair(writer.direction);
    const Pair y = F::value(a, b);
    if constexpr (A::leaves > 0) a_.push_pair(writer, multiplier * Pair(F::partial_a(a, b, y)));
    if constexpr (B::leaves > 0) b_.push_pair(writer, multiplier * Pair(F::partial_b(a, b, y)));
  }
  void check_leaves(std::uint32_t epoch) const {
    a_.check_leaves(epoch);
    b_.check_leaves(epoch);
  }

 private:
  A a_;
  B b_;
  double value_;
};

template <class T>
concept Number = std::is_arithmetic_v<T>;

}  // namespace ad

// One line an operation: F between two expressions, or an expression and a number on either side.
#define UNROLL_BINARY(name, F)                                                        \
  template <ScalarExpression A, ScalarExpression B>                                   \
  UNROLL_INLINE auto name(const A& a, const B& b) {                                   \
    return ad::Binary<ad::F, A, B>(a, b);                                             \
  }                                                                                   \
  template <ScalarExpression A, ad::Number T>                                         \
  UNROLL_INLINE auto name(const A& a, T b) {                                          \
    return ad::Binary<ad::F, A, ad::Literal>(a, ad::Literal{static_cast<double>(b)}); \
  }                                                                                   \
  template <ad::Number T, ScalarExpression B>                                         \
  UNROLL_INLINE auto name(T a, const B& b) {                                          \
    return ad::Binary<ad::F, ad::Literal, B>(ad::Literal{static_cast<double>(a)}, b); \
  }
/// Arithmetic and functions of scalars on a tape give an expression, recorded when it becomes a `Var`; of two
/// operands one may be a number. Kinks and edges as elementwise.hpp says.
/// @{
UNROLL_BINARY(operator+, Plus)
UNROLL_BINARY(operator-, Minus)
UNROLL_BINARY(operator*, Times)
UNROLL_BINARY(operator/, Divide)
UNROLL_BINARY(pow, Pow)
UNROLL_BINARY(atan2, Atan2)
UNROLL_BINARY(max, Max)
UNROLL_BINARY(min, Min)
#undef UNROLL_BINARY

#define UNROLL_UNARY(name, F)           \
  template <ScalarExpression A>         \
  UNROLL_INLINE auto name(const A& a) { \
    return ad::Unary<ad::F, A>(a);      \
  }
UNROLL_UNARY(operator-, Negate)
UNROLL_UNARY(exp, Exp)
UNROLL_UNARY(log, Log)
UNROLL_UNARY(log1p, Log1p)
UNROLL_UNARY(expm1, Expm1)
UNROLL_UNARY(sqrt, Sqrt)
UNROLL_UNARY(square, Square)
UNROLL_UNARY(sin, Sin)
UNROLL_UNARY(cos, Cos)
UNROLL_UNARY(tan, Tan)
UNROLL_UNARY(atan, Atan)
UNROLL_UNARY(sinh, Sinh)
UNROLL_UNARY(cosh, Cosh)
UNROLL_UNARY(tanh, Tanh)
UNROLL_UNARY(sigmoid, Sigmoid)
UNROLL_UNARY(softplus, Softplus)
UNROLL_UNARY(abs, Abs)
UNROLL_UNARY(fabs, Abs)
/// @}
#undef UNROLL_UNARY

/// The number behind an expression, without a derivative; a plain number is itself. @throws TapeError for a
/// stale `Var`.
/// @{
template <ScalarExpression A>
double value_of(const A& a) {
  if constexpr (std::is_same_v<A, Var>)
    return a.value();
  else
    return a.primal();
}
inline double value_of(double a) { return a; }
/// @}

#define UNROLL_COMPARE(op)                                 \
  template <ScalarExpression A, ScalarExpression B>        \
  UNROLL_INLINE bool operator op(const A& a, const B& b) { \
    return a.primal() op b.primal();                       \
  }                                                        \
  template <ScalarExpression A, ad::Number T>              \
  UNROLL_INLINE bool operator op(const A& a, T b) {        \
    return a.primal() op static_cast<double>(b);           \
  }                                                        \
  template <ad::Number T, ScalarExpression B>              \
  UNROLL_INLINE bool operator op(T a, const B& b) {        \
    return static_cast<double>(a) op b.primal();           \
  }
/// Comparisons are of the numbers: a branch is taken, and the derivative is of what was executed.
/// @{
UNROLL_COMPARE(<)
UNROLL_COMPARE(>)
UNROLL_COMPARE(<=)
UNROLL_COMPARE(>=)
UNROLL_COMPARE(==)
UNROLL_COMPARE(!=)
/// @}
#undef UNROLL_COMPARE

/// Tests of the number behind an expression.
/// @{
template <ScalarExpression A>
bool isfinite(const A& a) {
  return std::isfinite(a.primal());
}
template <ScalarExpression A>
bool isnan(const A& a) {
  return std::isnan(a.primal());
}
template <ScalarExpression A>
bool isinf(const A& a) {
  return std::isinf(a.primal());
}
/// @}

}  // namespace unroll
