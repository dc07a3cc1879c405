#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "unroll/ad/packet_functions.hpp"
#include "unroll/ad/tangent.hpp"
#include "unroll/types.hpp"

/// The rules of function_list.hpp as structs, for numbers and for Eigen arrays; no engine appears here. Of
/// one variable, where s is what the rule saves, x or y = f(x) (`saves_output`):
///   value(x) = f(x),   slope(s) = f'(x),   bend(s) = d slope / ds,   twist(s) = d bend / ds.
/// Of two, value(a, b), partial_a(a, b, y) and partial_b(a, b, y), for numbers that may carry tangents.
/// Forward and reverse mode, scalars and arrays, first to third order are all served by these lines.
namespace unroll::ad {

// ---- what the lines of the list are written with

using std::abs, std::acos, std::asin, std::atan, std::cos, std::cosh, std::exp, std::expm1, std::log,
    std::log1p, std::sin, std::sinh, std::sqrt, std::tan;

inline double square_of(double x) { return x * x; }
template <class T>
auto cube(const T& x) -> decltype(x * x * x) {
  return x * x * x;
}
template <class T>
auto fifth(const T& x) -> decltype(x * x * x * x * x) {
  return x * x * x * x * x;
}
/// log(x/(1 − x)), which log1p keeps exact about its zero at 1/2.
inline double log_odds(double x) {
  return std::abs(x - 0.5) < 0.25 ? std::log1p((2.0 * x - 1.0) / (1.0 - x)) : std::log(x / (1.0 - x));
}
inline constexpr double two_by_root_pi = 1.12837916709551257390;
/// c e^{−x²}, with the rounding of x² made good; 0 where e^{−x²} is, whatever c, a polynomial, is there.
inline double gaussian(double x, double c = 1.0) {
  const double square = x * x;
  constexpr double vanishes = 800;  // e^{−square}, and times any polynomial of the list
  return square > vanishes ? 0.0 : c * std::exp(-square) * (1.0 - std::fma(x, x, -square));
}
/// x/h, for an h that is ∞ where x is: ±1 there.
inline double part_of(double x, double h) { return std::isinf(x) ? std::copysign(1.0, x) : x / h; }
/// log |Γ(x)|.
double log_gamma(double x);
/// The derivative of order `order` ≤ 3 of ψ = Γ'/Γ. (Its values for x > 0 are Eigen's.)
double polygamma(int order, double x);

inline double hypotenuse(double a, double b) { return std::hypot(a, b); }
template <class T>
Tangent<T> hypotenuse(Tangent<T> a, Tangent<T> b) {
  const T y = hypotenuse(a.value, b.value);
  return {y, a.value / y * a.tangent + b.value / y * b.tangent};
}
/// a/y, one entry of a unit vector; 0 if it has no direction.
template <class T>
T direction(T a, T y) {
  return primal(y) == 0 ? T(0.0) : a / y;
}
/// ∂^{i+j} a^b / ∂a^i ∂b^j, up to the third order. It is 0 where its limit is, or where the base is 0 and
/// only the exponent moves; never infinite times zero. The slope in a, and that in b, of y = a^b.
/// @{
double power(double a, double b, int i, int j);
/// a^b, of the usual exponents by products.
inline double power(double a, double b) {
  return b == 2 ? a * a : b == 3 ? a * a * a : b == 1 ? a : std::pow(a, b);
}
template <class T>
Tangent<T> power(Tangent<T> a, Tangent<T> b, int i, int j) {
  return {power(a.value, b.value, i, j), chain(power(a.value, b.value, i + 1, j), a.tangent) +
                                             chain(power(a.value, b.value, i, j + 1), b.tangent)};
}
inline double power_slope(double a, double b) {
  if (b == 0) return 0.0;
  const double below = b - 1.0, lost = b - (below + 1.0);  // what the rounding of b − 1 took
  const double slope = b * power(a, below);
  return lost != 0 && a > 0 && std::isfinite(a) ? slope * (1.0 + lost * std::log(a)) : slope;
}
template <class T>
T power_slope(T a, T b) {
  return power(a, b, 1, 0);
}
inline double power_bend(double a, double, double y) { return a == 0 ? 0.0 : y * std::log(a); }
template <class T>
T power_bend(T a, T b, T) {
  return power(a, b, 0, 1);
}
/// @}
/// a or b, without a branch: of random entries half would be foreseen wrongly.
inline double either(bool first, double a, double b) {
  const std::uint64_t mask = -static_cast<std::uint64_t>(first);
  return std::bit_cast<double>((std::bit_cast<std::uint64_t>(a) & mask) |
                               (std::bit_cast<std::uint64_t>(b) & ~mask));
}
template <class T>
Tangent<T> either(bool first, Tangent<T> a, Tangent<T> b) {
  return first ? a : b;
}
template <class T>
bool is_larger(T a, T b) {
  return (int{primal(a) >= primal(b)} | int{primal(a) != primal(a)}) != 0;
}
template <class T>
bool is_smaller(T a, T b) {
  return (int{primal(a) <= primal(b)} | int{primal(a) != primal(a)}) != 0;
}
inline double huber_loss(double a, double b) {
  return std::abs(a) <= b ? 0.5 * a * a : b * (std::abs(a) - 0.5 * b);
}
/// a within [−b, b], and how far |a| lies beyond b.
/// @{
template <class T>
T clipped(T a, T b) {
  return primal(a) > primal(b) ? b : primal(a) < -primal(b) ? -b : a;
}
template <class T>
T huber_excess(T a, T b) {
  if (std::abs(primal(a)) <= primal(b)) return T(0.0);
  return primal(a) > 0 ? a - b : -a - b;
}
/// @}

// ---- the rules

enum class Function {
#define UNROLL_FUNCTION(name, s, of_x, slope_of_s, bend_of_s, twist_of_s) name,
#include "unroll/ad/function_list.hpp"
};
enum class FunctionOfTwo {
#define UNROLL_FUNCTION_OF_TWO(name, of_ab, in_a, in_b) name,
#include "unroll/ad/function_list.hpp"
};
enum class Operation { plus, minus, times, divide };

/// Whether a function passes one of its operands on: the others add nothing, whatever comes back for them.
/// @{
constexpr bool selects(Function f) { return f == Function::relu; }
constexpr bool selects(FunctionOfTwo f) { return f == FunctionOfTwo::max || f == FunctionOfTwo::min; }
constexpr bool selects(Operation) { return false; }
/// @}

/// The rule of a function or an operation.
template <auto function>
struct Elementary;

// (A trailing return type lets an expression for numbers alone be recognised by its failure on arrays.)
#define UNROLL_FUNCTION(name, s, of_x, slope_of_s, bend_of_s, twist_of_s)    \
  template <>                                                                \
  struct Elementary<Function::name> {                                        \
    static constexpr bool saves_output = #s[0] == 'y';                       \
    static constexpr bool is_selection = selects(Function::name);            \
    template <class T>                                                       \
    static auto value(const T& x) -> decltype(of_x) {                        \
      return of_x;                                                           \
    }                                                                        \
    template <class T>                                                       \
    static auto slope([[maybe_unused]] const T& s) -> decltype(slope_of_s) { \
      return slope_of_s;                                                     \
    }                                                                        \
    template <class T>                                                       \
    static auto bend([[maybe_unused]] const T& s) -> decltype(bend_of_s) {   \
      return bend_of_s;                                                      \
    }                                                                        \
    template <class T>                                                       \
    static auto twist([[maybe_unused]] const T& s) -> decltype(twist_of_s) { \
      return twist_of_s;                                                     \
    }                                                                        \
  };
#define UNROLL_RULE_OF_TWO(function, of_ab, in_a, in_b)                                    \
  template <>                                                                              \
  struct Elementary<function> {                                                            \
    static constexpr bool is_selection = selects(function);                                \
    static double value(double a, double b) { return of_ab; }                              \
    template <class T>                                                                     \
    static T partial_a([[maybe_unused]] T a, [[maybe_unused]] T b, [[maybe_unused]] T y) { \
      return in_a;                                                                         \
    }                                                                                      \
    template <class T>                                                                     \
    static T partial_b([[maybe_unused]] T a, [[maybe_unused]] T b, [[maybe_unused]] T y) { \
      return in_b;                                                                         \
    }                                                                                      \
  };
#define UNROLL_FUNCTION_OF_TWO(name, of_ab, in_a, in_b) \
  UNROLL_RULE_OF_TWO(FunctionOfTwo::name, of_ab, in_a, in_b)
#include "unroll/ad/function_list.hpp"

UNROLL_RULE_OF_TWO(Operation::plus, a + b, 1.0, 1.0)
UNROLL_RULE_OF_TWO(Operation::minus, a - b, 1.0, -1.0)
UNROLL_RULE_OF_TWO(Operation::times, a* b, b, a)
UNROLL_RULE_OF_TWO(Operation::divide, a / b, 1.0 / b,
                   -y*(1.0 / b))  // one division serves both
#undef UNROLL_RULE_OF_TWO

/// The derivative of a function of one variable in what its rule saves: the slope (order 1), the bend, the
/// twist; with the tangents that s has.
/// @{
template <class F, int order>
double derivative_of(double s) {
  static_assert(order >= 1 && order <= 3);
  if constexpr (order == 1)
    return F::slope(s);
  else if constexpr (order == 2)
    return F::bend(s);
  else
    return F::twist(s);
}
template <class F, int order, class T>
Tangent<T> derivative_of(Tangent<T> s) {
  return {derivative_of<F, order>(s.value), chain(derivative_of<F, order + 1>(s.value), s.tangent)};
}
/// @}
/// Its value y with the tangents that x has.
/// @{
template <class F>
double value_at(double, double y) {
  return y;
}
template <class F, class T>
Tangent<T> value_at(Tangent<T> x, double y) {
  const T value = value_at<F>(x.value, y);
  return {value, chain(derivative_of<F, 1>(F::saves_output ? value : x.value), x.tangent)};
}
/// @}
/// A function of two with the tangents of its arguments.
/// @{
template <class F>
double value_of_two(double a, double b) {
  return F::value(a, b);
}
template <class F, class T>
Tangent<T> value_of_two(Tangent<T> a, Tangent<T> b) {
  const T y = value_of_two<F>(a.value, b.value);
  return {y, chain(F::partial_a(a.value, b.value, y), a.tangent) +
                 chain(F::partial_b(a.value, b.value, y), b.tangent)};
}
/// @}

}  // namespace unroll::ad

namespace unroll {

namespace ad {
template <class T>
concept Number = std::is_arithmetic_v<T>;
/// Of a last parameter `None...`: no argument. It makes a function of ours give way to a template of the same
/// name and arguments in the namespace of the caller, where else a call would be ambiguous.
template <class T>
concept Nothing = false;
}  // namespace ad

/// The functions of function_list.hpp of plain numbers, for code that is a template over the kind of scalar.
/// @{
#define UNROLL_FUNCTION(name, s, of_x, slope_of_s, bend_of_s, twist_of_s)     \
  template <ad::Number T, ad::Nothing... None>                                \
  double name(T x, None...) {                                                 \
    return ad::Elementary<ad::Function::name>::value(static_cast<double>(x)); \
  }
#define UNROLL_FUNCTION_OF_TWO(name, of_ab, in_a, in_b)                                                    \
  template <ad::Number A, ad::Number B, ad::Nothing... None>                                               \
  double name(A a, B b, None...) {                                                                         \
    return ad::Elementary<ad::FunctionOfTwo::name>::value(static_cast<double>(a), static_cast<double>(b)); \
  }
#include "unroll/ad/function_list.hpp"
/// @}

}  // namespace unroll
