#pragma once

/// Numbers that carry a tangent, and tangents of tangents: what slopes are differentiated with.
namespace unroll::ad {

/// slope × cotangent, the step of the chain rule; 0 where the cotangent is 0, even if the slope is infinite:
/// what nobody depends on adds nothing.
inline double chain(double slope, double cotangent) { return cotangent == 0 ? 0.0 : slope * cotangent; }

/// A number, or a number with a tangent, and a tangent of it.
template <class T>
struct Tangent {
  T value;
  T tangent;
  Tangent(double v) : value(v), tangent(0.0) {}  // NOLINT: a constant
  Tangent(T v, T t) : value(v), tangent(t) {}
  friend Tangent operator-(Tangent a) { return {-a.value, -a.tangent}; }
  friend Tangent operator+(Tangent a, Tangent b) { return {a.value + b.value, a.tangent + b.tangent}; }
  friend Tangent operator-(Tangent a, Tangent b) { return {a.value - b.value, a.tangent - b.tangent}; }
  friend Tangent operator*(Tangent a, Tangent b) {
    return {a.value * b.value, chain(a.value, b.tangent) + chain(b.value, a.tangent)};
  }
  friend Tangent operator/(Tangent a, Tangent b) {
    const T y = a.value / b.value;
    return {y, chain(T(1.0) / b.value, a.tangent) - chain(y / b.value, b.tangent)};
  }
  friend Tangent chain(Tangent slope, Tangent cotangent) {
    return {chain(slope.value, cotangent.value),
            chain(slope.value, cotangent.tangent) + chain(slope.tangent, cotangent.value)};
  }
};
/// A number and one tangent; and two of these: value, one tangent, another, and the mixed one.
/// @{
using Pair = Tangent<double>;
using Jet = Tangent<Pair>;
/// @}
inline double primal(double a) { return a; }
template <class T>
double primal(Tangent<T> a) {
  return primal(a.value);
}
/// The last tangent: of a Jet the mixed one.
inline double last_of(double a) { return a; }
template <class T>
double last_of(Tangent<T> a) {
  return last_of(a.tangent);
}
/// The step of the chain rule through F: what a selection does not take adds nothing, though it be infinite.
template <class F>
double chain_through(double slope, double cotangent) {
  if constexpr (F::is_selection)
    return slope == 0 ? 0.0 : slope * cotangent;
  else
    return chain(slope, cotangent);
}

}  // namespace unroll::ad
