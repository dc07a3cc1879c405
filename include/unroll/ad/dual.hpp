#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "unroll/ad/assignment.hpp"
#include "unroll/ad/block.hpp"
#include "unroll/ad/few_numbers.hpp"
#include "unroll/ad/functions.hpp"

namespace unroll {

namespace ad {
/// The variable that was made by `Dual(x, 1)`, of those whose only tangents are; of others 0.
using Perturbation = std::uint64_t;
constexpr Perturbation computed_perturbation = ~Perturbation{0};  // of tangents that were computed of others'
/// Tangents that arithmetic made, as opposed to an array, a part of one, or a constant one, a unit vector
/// say.
/// @{
template <class D>
constexpr bool is_given = std::is_base_of_v<Eigen::PlainObjectBase<D>, D>;
template <class Op, class M>
constexpr bool is_given<Eigen::CwiseNullaryOp<Op, M>> = true;
template <class M, int options, class Stride>
constexpr bool is_given<Eigen::Map<M, options, Stride>> = true;
/// The tangents of another number, and those of one that will be gone: by stride and alignment nothing else
/// is of these types.
/// @{
using TangentsOfDual = Eigen::Map<const Eigen::RowVectorXd, 0, Eigen::InnerStride<1>>;
using TakenTangents = Eigen::Matrix<double, 1, Eigen::Dynamic, Eigen::RowMajor | Eigen::DontAlign>;
template <>
inline constexpr bool is_given<TangentsOfDual> = false;
template <>
inline constexpr bool is_given<TakenTangents> = false;
/// @}
template <class M, int options, class Stride>
constexpr bool is_given<Eigen::Ref<M, options, Stride>> = true;
template <class M, int rows, int cols, bool inner>
constexpr bool is_given<Eigen::Block<M, rows, cols, inner>> = is_given<std::remove_const_t<M>>;
template <class M>
constexpr bool is_given<Eigen::Transpose<M>> = is_given<std::remove_const_t<M>>;
template <class D>
concept ComputedTangents = !is_given<D>;
/// @}
template <class D>
FewNumbers value_and_tangents(double value, const D& tangents) {
  FewNumbers block(1 + tangents.size());
  block.data()[0] = value;
  Eigen::Map<Eigen::RowVectorXd>(block.data() + 1, tangents.size()) = tangents;
  return block;
}
}  // namespace ad

/// A number with k tangents: forward mode for scalar code. A constant has none, and meets any k.
///
/// One tangent that is 1 says "I am the variable": the derivative of what is made of it is by it alone. So
/// that what is differentiated inside a function that is itself differentiated does not share tangents
/// (perturbation confusion; Siskind and Pearlmutter 2005), it must not meet other tangents. Seed both at
/// once, a tangent each, or take the inner derivative by `gradient`; a direction in several variables is a
/// `DualVector(x, direction)`. Tangents that are computed where the number is made, Dual(y, slope *
/// a.tangents()), are those of `a`.
class Dual {
 public:
  Dual() = default;
  /// A constant, without tangents.
  template <class T>
  requires std::is_arithmetic_v<T> Dual(T constant) : Dual() {  // NOLINT: implicit
    block_.data()[0] = static_cast<double>(constant);
  }
  /// `tangents` is 1×k. @throws UnsupportedError as soon as a variable, whose tangents are {1}, meets others.
  /// @{
  Dual(double value, const Eigen::RowVectorXd& tangents);
  template <ad::ComputedTangents D>
  Dual(double value, const Eigen::MatrixBase<D>& tangents)
      : Dual(ad::value_and_tangents(value, tangents), 0, ad::computed_perturbation) {}
  /// @}

  UNROLL_ASSIGNED_BY_NAME(Dual)
  /// A number has no tangents: does not compile, and says what to write.
  template <std::same_as<double> T>
  explicit operator T() const {
    ad::refuse_number<Dual>();
    return 0;
  }
  /// The number without its tangents.
  double value() const { return block_.data()[0]; }
  ad::TangentsOfDual tangents() const& { return {block_.data() + 1, directions()}; }  // 1×k
  ad::TakenTangents tangents() &&;
  Index directions() const { return block_.size() - 1; }  // k, 0 of a constant

  /// x += y is x = x + y. An entry of an array is a value: writing to it would be lost, and does not compile.
  /// @{
#define UNROLL_COMPOUND(op, operation)                                            \
  Dual& operator op(const Dual& other)& { return make<operation>(*this, other); } \
  template <ad::Number T>                                                         \
  Dual& operator op(T other)& {                                                   \
    return make<operation>(*this, static_cast<double>(other));                    \
  }                                                                               \
  template <class T>                                                              \
  Dual operator op(const T&)&& {                                                  \
    ad::refuse_assignment<T>();                                                   \
    return *this;                                                                 \
  }
  UNROLL_COMPOUND(+=, ad::Operation::plus)
  UNROLL_COMPOUND(-=, ad::Operation::minus)
  UNROLL_COMPOUND(*=, ad::Operation::times)
  UNROLL_COMPOUND(/=, ad::Operation::divide)
#undef UNROLL_COMPOUND
  /// @}

  /// Comparisons and tests are of the numbers, whatever the tangents: a branch is taken, and the derivative
  /// is of what was executed.
  /// @{
  friend bool operator==(const Dual& a, const Dual& b) { return a.value() == b.value(); }
  friend auto operator<=>(const Dual& a, const Dual& b) { return a.value() <=> b.value(); }
  friend bool isfinite(const Dual& a) { return std::isfinite(a.value()); }
  friend bool isnan(const Dual& a) { return std::isnan(a.value()); }
  friend bool isinf(const Dual& a) { return std::isinf(a.value()); }
  /// @}
  /// The number without its tangents.
  friend double value_of(const Dual& a) { return a.value(); }

  // For the engine: 1×(1+k), and as blocks have it with a further direction.
  /// @cond engine
  explicit Dual(ad::FewNumbers block, Index half = 0, ad::Perturbation perturbation = 0)
      : block_(std::move(block)), half_(half), perturbation_(perturbation) {}
  ad::ConstBlock block() const {  // what was moved from has no direction, whatever it had
    return {block_.data(), 1, block_.size(), block_.size() > 1 ? half_ : 0};
  }
  const ad::FewNumbers& numbers() const { return block_; }
  ad::Perturbation perturbation() const { return perturbation_; }
  /// Becomes function(a, b), each a `Dual`, this one too, or a number: where both have few tangents in place,
  /// on as many as there is room for. What needs a look at each number is `make_any`.
  /// @{
  template <ad::Operation operation, class A, class B>
  Dual& make(const A& a, const B& b);
  template <auto function>
  Dual& make_any(const Dual& a, const Dual& b);
  /// @}
  /// @endcond

 private:
  ad::FewNumbers block_{1};  // value, tangents
  Index half_ = 0;
  ad::Perturbation perturbation_ = 0;
};

/// @cond engine
namespace ad {

/// What arithmetic in place needs of an operand, in registers.
struct Operand {
  using Tangents = Eigen::Map<const FewNumbers::Tangents>;
  Operand(const Dual& x)  // NOLINT: implicit
      : size(x.numbers().size()),
        half(x.block().half()),
        perturbation(x.perturbation()),
        value(x.numbers().value()),
        tangents(x.numbers().tangents()) {}
  Operand(double x) : value(x), tangents(none.data()) {}  // NOLINT: implicit
  bool is_few() const { return size <= FewNumbers::in_place && half == 0; }

  static constexpr std::array<double, FewNumbers::in_place - 1> none{};
  Index size = 1, half = 0;
  Perturbation perturbation = 0;
  double value;
  Tangents tangents;
};

}  // namespace ad

template <ad::Operation operation, class A, class B>
Dual& Dual::make(const A& a, const B& b) {
  using F = ad::Elementary<operation>;
  const ad::Operand left = a, right = b;
  const double y = F::value(left.value, right.value);
  const double in_a = F::partial_a(left.value, right.value, y);
  const double in_b = F::partial_b(left.value, right.value, y);
  const bool meet = left.size == 1 || right.size == 1 ||
                    (left.size == right.size && left.perturbation == right.perturbation);
  if (!meet || !left.is_few() || !right.is_few() || !std::isfinite(in_a + in_b)) [[unlikely]]
    return make_any<operation>(a, b);
  const ad::Perturbation perturbation = left.size > 1 ? left.perturbation : right.perturbation;
  block_.become(y, in_a * left.tangents + in_b * right.tangents, std::max(left.size, right.size));
  half_ = 0;
  perturbation_ = perturbation;
  return *this;
}

namespace ad {
template <Function function>
Dual function_of(const Dual& a);
template <FunctionOfTwo function>
Dual function_of(const Dual& a, const Dual& b) {
  Dual y;
  y.make_any<function>(a, b);
  return y;
}
template <Operation operation, class A, class B>
Dual between(const A& a, const B& b) {
  Dual y;
  y.make<operation>(a, b);
  return y;
}
}  // namespace ad
/// @endcond

/// Arithmetic and the functions of function_list.hpp, tangents by the chain rule.
/// @throws ShapeError if both operands have tangents, in different numbers.
/// @{
#define UNROLL_BETWEEN(op, operation)                                                            \
  inline Dual operator op(const Dual& a, const Dual& b) { return ad::between<operation>(a, b); } \
  template <ad::Number T>                                                                        \
  Dual operator op(const Dual& a, T b) {                                                         \
    return ad::between<operation>(a, static_cast<double>(b));                                    \
  }                                                                                              \
  template <ad::Number T>                                                                        \
  Dual operator op(T a, const Dual& b) {                                                         \
    return ad::between<operation>(static_cast<double>(a), b);                                    \
  }
UNROLL_BETWEEN(+, ad::Operation::plus)
UNROLL_BETWEEN(-, ad::Operation::minus)
UNROLL_BETWEEN(*, ad::Operation::times)
UNROLL_BETWEEN(/, ad::Operation::divide)
#undef UNROLL_BETWEEN
inline Dual operator-(const Dual& a) { return -1.0 * a; }
#define UNROLL_FUNCTION(name, s, of_x, slope_of_s, bend_of_s, twist_of_s) \
  inline Dual name(const Dual& a) { return ad::function_of<ad::Function::name>(a); }
#define UNROLL_FUNCTION_OF_TWO(name, of_ab, in_a, in_b) \
  inline Dual name(const Dual& a, const Dual& b) { return ad::function_of<ad::FunctionOfTwo::name>(a, b); }
#include "unroll/ad/function_list.hpp"
inline Dual fabs(const Dual& a) { return abs(a); }
/// @}

}  // namespace unroll
