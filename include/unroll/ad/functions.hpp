#pragma once

#include <cmath>

#include "unroll/ad/packet_functions.hpp"
#include "unroll/types.hpp"

/// The rules of function_list.hpp as structs, for numbers and for Eigen arrays; no engine appears here. Of
/// one variable, where s is what the rule saves, x or y = f(x) (`saves_output`):
///   value(x) = f(x),   slope(s) = f'(x),   bend(s) = d slope / ds.
/// Of two, value(a, b), partial_a(a, b, y) and partial_b(a, b, y), for numbers that may carry a tangent.
/// Forward and reverse mode, scalars and arrays, first and second order are all served by these lines.
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

/// slope × cotangent, the step of the chain rule; 0 where the cotangent is 0, even if the slope is infinite:
/// what nobody depends on adds nothing.
inline double chain(double slope, double cotangent) { return cotangent == 0 ? 0.0 : slope * cotangent; }

/// A number and one tangent.
struct Pair {
  double value;
  double tangent;
  Pair(double v) : value(v), tangent(0) {}  // NOLINT: a constant
  Pair(double v, double t) : value(v), tangent(t) {}
};
inline Pair operator-(Pair a) { return {-a.value, -a.tangent}; }
inline Pair operator+(Pair a, Pair b) { return {a.value + b.value, a.tangent + b.tangent}; }
inline Pair operator-(Pair a, Pair b) { return {a.value - b.value, a.tangent - b.tangent}; }
inline Pair operator*(Pair a, Pair b) {
  return {a.value * b.value, chain(a.value, b.tangent) + chain(b.value, a.tangent)};
}
inline Pair operator/(Pair a, Pair b) {
  const double y = a.value / b.value;
  return {y, chain(1.0 / b.value, a.tangent) - chain(y / b.value, b.tangent)};
}
inline double primal(double a) { return a; }
inline double primal(Pair a) { return a.value; }

// ---- what the lines of the list are written with

using std::abs, std::acos, std::asin, std::atan, std::cos, std::cosh, std::exp, std::expm1, std::log,
    std::log1p, std::sin, std::sinh, std::sqrt, std::tan;

inline double square_of(double x) { return x * x; }
template <class T>
auto cube(const T& x) -> decltype(x * x * x) {
  return x * x * x;
}
/// log(x/(1 − x)), which log1p keeps exact about its zero at 1/2.
inline double log_odds(double x) {
  return std::abs(x - 0.5) < 0.25 ? std::log1p((2.0 * x - 1.0) / (1.0 - x)) : std::log(x / (1.0 - x));
}
inline constexpr double two_by_root_pi = 1.12837916709551257390;
/// e^{−x²}, with the rounding of x² made good.
inline double gaussian(double x) {
  const double square = x * x;
  return std::exp(-square) * (1.0 - std::fma(x, x, -square));
}
/// log |Γ(x)|.
double log_gamma(double x);
/// The derivative of order `order` of ψ = Γ'/Γ. (Its values are Eigen's.)
double polygamma(int order, double x);

inline double hypotenuse(double a, double b) { return std::hypot(a, b); }
inline Pair hypotenuse(Pair a, Pair b) {
  const double y = std::hypot(a.value, b.value);
  return {y, a.value / y * a.tangent + b.value / y * b.tangent};
}
/// a/y, one entry of a unit vector; 0 if it has no direction.
template <class T>
T direction(T a, T y) {
  return primal(y) == 0 ? T(0.0) : a / y;
}
inline double log_of(double a) { return std::log(a); }
inline Pair log_of(Pair a) { return {std::log(a.value), chain(1.0 / a.value, a.tangent)}; }
/// b a^(b − 1) and y log a. Neither is infinite times zero.
/// @{
inline double power_slope(double a, double b) { return b == 0 ? 0.0 : b * std::pow(a, b - 1.0); }
inline Pair power_slope(Pair a, Pair b) {
  const double factor = b.value * (b.value - 1.0), p = std::pow(a.value, b.value - 1.0);
  const double in_a = factor == 0 ? 0.0 : factor * std::pow(a.value, b.value - 2.0);
  const double in_b = p == 0 ? 0.0 : b.value == 0 ? p : p * (1.0 + b.value * std::log(a.value));
  return {power_slope(a.value, b.value), chain(in_a, a.tangent) + chain(in_b, b.tangent)};
}
template <class T>
T power_bend(T a, T y) {
  return primal(a) == 0 ? T(0.0) : y * log_of(a);
}
/// @}
template <class T>
bool is_larger(T a, T b) {
  return primal(a) >= primal(b) || primal(a) != primal(a);
}
template <class T>
bool is_smaller(T a, T b) {
  return primal(a) <= primal(b) || primal(a) != primal(a);
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
#define UNROLL_FUNCTION(name, s, of_x, of_s, derivative) name,
#include "unroll/ad/function_list.hpp"
};
enum class FunctionOfTwo {
#define UNROLL_FUNCTION_OF_TWO(name, of_ab, in_a, in_b) name,
#include "unroll/ad/function_list.hpp"
};
enum class Operation { plus, minus, times, divide };

/// The rule of a function or an operation.
template <auto function>
struct Elementary;

// (A trailing return type lets an expression for numbers alone be recognised by its failure on arrays.)
#define UNROLL_FUNCTION(name, s, of_x, of_s, derivative_of_s)                    \
  template <>                                                                    \
  struct Elementary<Function::name> {                                            \
    static constexpr bool saves_output = #s[0] == 'y';                           \
    template <class T>                                                           \
    static auto value(const T& x) -> decltype(of_x) {                            \
      return of_x;                                                               \
    }                                                                            \
    template <class T>                                                           \
    static auto slope([[maybe_unused]] const T& s) -> decltype(of_s) {           \
      return of_s;                                                               \
    }                                                                            \
    template <class T>                                                           \
    static auto bend([[maybe_unused]] const T& s) -> decltype(derivative_of_s) { \
      return derivative_of_s;                                                    \
    }                                                                            \
  };
#define UNROLL_RULE_OF_TWO(function, of_ab, in_a, in_b)                                    \
  template <>                                                                              \
  struct Elementary<function> {                                                            \
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

/// The slope of a function of one variable with its tangent.
template <class F>
Pair slope_of(Pair s) {
  const double slope = F::slope(s.value);
  return {slope, chain(F::bend(s.value), s.tangent)};
}
/// A function of two with its tangent.
template <class F>
Pair value_of_two(Pair a, Pair b) {
  const double y = F::value(a.value, b.value);
  return {y, chain(F::partial_a(a.value, b.value, y), a.tangent) +
                 chain(F::partial_b(a.value, b.value, y), b.tangent)};
}

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
#define UNROLL_FUNCTION(name, s, of_x, of_s, derivative)                      \
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
