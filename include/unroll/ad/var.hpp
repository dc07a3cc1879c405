#pragma once

#include "unroll/ad/assignment.hpp"
#include "unroll/ad/expression.hpp"

namespace unroll {

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
  UNROLL_INLINE Var& operator=(const Var& o) & {
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
    if constexpr (requires { expression.variable(); })
      *this = expression.variable();
    else
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
#define UNROLL_COMPOUND(op)                            \
  template <class T>                                   \
  UNROLL_INLINE Var& operator op##=(const T& other)& { \
    return *this = *this op other;                     \
  }                                                    \
  template <class T>                                   \
  Var operator op##=(const T&)&& {                     \
    ad::refuse_assignment<T>();                        \
    return *this;                                      \
  }
  UNROLL_COMPOUND(+)
  UNROLL_COMPOUND(-)
  UNROLL_COMPOUND(*)
  UNROLL_COMPOUND(/)
#undef UNROLL_COMPOUND
  /// @}
  template <class T>
  Var operator=(const T&) && {
    ad::refuse_assignment<T>();
    return *this;
  }

  // For the engine.
  /// @cond engine
  ad::Id id() const { return id_; }
  std::uint32_t epoch() const { return epoch_; }
  UNROLL_INLINE ad::TapeCore* core() const { return core_; }
  UNROLL_INLINE const double& primal() const { return value_; }
  ad::ConstBlock block() const {
    check("array operation");
    if (id_ != 0 && core_->tangents > 0) return {core_->scalars.block(id_), 1, core_->columns(), core_->half};
    return {&value_, 1, 1};
  }
  void check(const char* operation) const {
    if (core_ != nullptr) core_->check(epoch_, operation);
  }
  UNROLL_INLINE void push(ad::StatementWriter& writer, double multiplier) const {
    if (id_ == 0) return;
    writer.next.partial[writer.count] = multiplier;
    writer.next.id[writer.count] = id_;
    ++writer.count;
    writer.stale |= epoch_ ^ writer.epoch;
  }
  /// Value and tangent of column j; as a Jet with the further direction's, and the mixed one.
  template <class P>
  P with_tangent(Index j) const {
    if (id_ == 0) return P(value_);
    const double* const block = core_->scalars.block(id_);
    if constexpr (std::is_same_v<P, ad::Jet>)
      return {{value_, block[j]}, {block[core_->half], block[core_->half + j]}};
    else
      return {value_, block[j]};
  }
  template <class P>
  void push_tangent(ad::TangentWriter& writer, P multiplier) const {
    *writer.tangent = ad::last_of(multiplier);
    writer.tangent += id_ != 0 ? writer.stride : 0;
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
    ad::Statements& statements = core_->scalars;
    const ad::Statements::Arguments first = statements.room();
    ad::StatementWriter writer{first, epoch_};
    expression.push(writer, 1.0);
    if (writer.stale != 0) [[unlikely]]
      ad::TapeCore::throw_foreign("scalar expression");
    id_ = statements.push(writer.count);
    if (core_->tangents != 0) [[unlikely]]
      record_tangents(*core_, expression, *this,
                      static_cast<std::size_t>(first.partial - statements.partials()));
  }
  // The rare path takes a copy: an expression whose address is never taken stays in registers.
  template <class E>
  [[gnu::noinline]] static void record_tangents(ad::TapeCore& core, E expression, Var y, std::size_t first) {
    core.scalars.block(y.id_)[0] = y.value_;
    const Index half = core.half;
    for (Index j = 1; j <= (half > 0 ? half : core.tangents); ++j)
      record_tangent<ad::Pair>(core, expression, y.id_, first, j, j);
    for (Index j = 1; j < half; ++j) record_tangent<ad::Jet>(core, expression, y.id_, first, j, half + j);
  }
  /// Of a statement whose arguments begin with number `first`.
  template <class P, class E>
  static void record_tangent(ad::TapeCore& core, const E& expression, ad::Id id, std::size_t first, Index j,
                             Index column) {
    core.scalars.block(id)[column] = ad::last_of(expression.template with_tangent<P>(j));
    ad::TangentWriter writer{j, core.scalars.partial_tangents(first) + column - 1,
                             static_cast<std::size_t>(core.tangents)};
    expression.push_tangent(writer, P(1.0));
  }

  double value_ = 0;
  ad::TapeCore* core_ = nullptr;
  ad::Id id_ = 0;
  std::uint32_t epoch_ = 0;
};

// One line an operation: F between two expressions, or an expression and a number on either side.
#define UNROLL_BETWEEN(name, F)                                                   \
  template <ScalarExpression A, ScalarExpression B>                               \
  UNROLL_INLINE auto name(const A& a, const B& b) {                               \
    return ad::Binary<F, A, B>(a, b);                                             \
  }                                                                               \
  template <ScalarExpression A, ad::Number T>                                     \
  UNROLL_INLINE auto name(const A& a, T b) {                                      \
    return ad::Binary<F, A, ad::Literal>(a, ad::Literal{static_cast<double>(b)}); \
  }                                                                               \
  template <ad::Number T, ScalarExpression B>                                     \
  UNROLL_INLINE auto name(T a, const B& b) {                                      \
    return ad::Binary<F, ad::Literal, B>(ad::Literal{static_cast<double>(a)}, b); \
  }
/// Arithmetic and the functions of function_list.hpp of scalars on a tape give an expression, recorded when
/// it becomes a `Var`; of two operands one may be a number.
/// @{
UNROLL_BETWEEN(operator+, ad::Operation::plus)
UNROLL_BETWEEN(operator-, ad::Operation::minus)
UNROLL_BETWEEN(operator*, ad::Operation::times)
UNROLL_BETWEEN(operator/, ad::Operation::divide)
template <ScalarExpression A>
UNROLL_INLINE auto operator-(const A& a) {
  return -1.0 * a;
}
#define UNROLL_FUNCTION_OF_TWO(name, of_ab, in_a, in_b) UNROLL_BETWEEN(name, ad::FunctionOfTwo::name)
#define UNROLL_FUNCTION(name, s, of_x, slope_of_s, bend_of_s, twist_of_s) \
  template <ScalarExpression A, ad::Nothing... None>                      \
  UNROLL_INLINE auto name(const A& a, None...) {                          \
    using U = ad::Unary<ad::Function::name, A>;                           \
    return U(a, U::F::value(a.primal()));                                 \
  }
#include "unroll/ad/function_list.hpp"
template <ScalarExpression A>
UNROLL_INLINE auto fabs(const A& a) {
  return abs(a);
}
/// @}
#undef UNROLL_BETWEEN

/// The number behind an expression, without a derivative; a plain number is itself. @throws TapeError for a
/// stale `Var`.
/// @{
template <ScalarExpression A>
double value_of(const A& a) {
  a.check("value");
  return a.primal();
}
inline double value_of(double a) { return a; }
/// @}

#define UNROLL_COMPARE(op)                                 \
  template <ScalarExpression A, ScalarExpression B>        \
  UNROLL_INLINE bool operator op(const A& a, const B& b) { \
    return value_of(a) op value_of(b);                     \
  }                                                        \
  template <ScalarExpression A, ad::Number T>              \
  UNROLL_INLINE bool operator op(const A& a, T b) {        \
    return value_of(a) op static_cast<double>(b);          \
  }                                                        \
  template <ad::Number T, ScalarExpression B>              \
  UNROLL_INLINE bool operator op(T a, const B& b) {        \
    return static_cast<double>(a) op value_of(b);          \
  }
/// Comparisons are of the numbers: a branch is taken, and the derivative is of what was executed. @throws
/// TapeError for a stale `Var`.
/// @{
UNROLL_COMPARE(<)
UNROLL_COMPARE(>)
UNROLL_COMPARE(<=)
UNROLL_COMPARE(>=)
UNROLL_COMPARE(==)
UNROLL_COMPARE(!=)
/// @}
#undef UNROLL_COMPARE

/// Tests of the number behind an expression. @throws likewise.
/// @{
template <ScalarExpression A>
bool isfinite(const A& a) {
  return std::isfinite(value_of(a));
}
template <ScalarExpression A>
bool isnan(const A& a) {
  return std::isnan(value_of(a));
}
template <ScalarExpression A>
bool isinf(const A& a) {
  return std::isinf(value_of(a));
}
/// @}

}  // namespace unroll
