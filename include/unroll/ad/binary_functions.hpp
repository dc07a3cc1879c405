#pragma once

#include <cmath>

#include "unroll/types.hpp"

/// Functions of two real variables: value and both partials, given y = f(a, b). Written for a number T, which
/// is `double`, or `Pair` where second derivatives are wanted.
namespace unroll::ad {

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
  return {a.value * b.value, a.value * b.tangent + a.tangent * b.value};
}
inline Pair operator/(Pair a, Pair b) {
  const double y = a.value / b.value;
  return {y, (a.tangent - y * b.tangent) / b.value};
}

/// The slope of a rule of scalar_functions.hpp with its tangent.
template <class F>
Pair slope_pair(Pair s) {
  return {F::slope(s.value), F::slope_derivative(s.value) * s.tangent};
}

inline double primal(double a) { return a; }
inline double primal(Pair a) { return a.value; }

struct Plus {
  template <class T>
  static T value(T a, T b) {
    return a + b;
  }
  template <class T>
  static double partial_a(T, T, T) {
    return 1.0;
  }
  template <class T>
  static double partial_b(T, T, T) {
    return 1.0;
  }
};

struct Minus {
  template <class T>
  static T value(T a, T b) {
    return a - b;
  }
  template <class T>
  static double partial_a(T, T, T) {
    return 1.0;
  }
  template <class T>
  static double partial_b(T, T, T) {
    return -1.0;
  }
};

struct Times {
  template <class T>
  static T value(T a, T b) {
    return a * b;
  }
  template <class T>
  static T partial_a(T, T b, T) {
    return b;
  }
  template <class T>
  static T partial_b(T a, T, T) {
    return a;
  }
};

struct Divide {
  template <class T>
  static T value(T a, T b) {
    return a / b;
  }
  template <class T>
  static T partial_a(T, T b, T) {
    return T(1.0) / b;
  }
  template <class T>
  static T partial_b(T, T b, T y) {
    return -y * partial_a(y, b, y);  // shares the division
  }
};

/// a^b. At a = 0 the partial in b is 0, its limit for b > 0.
struct Pow {
  static double value(double a, double b) { return std::pow(a, b); }
  static Pair value(Pair a, Pair b) {
    const double y = value(a.value, b.value);
    return {y, partial_a(a.value, b.value, y) * a.tangent +
                   (b.tangent == 0 ? 0.0 : partial_b(a.value, b.value, y) * b.tangent)};
  }
  template <class T>
  static T partial_a(T a, T b, T) {
    return primal(b) == 0 ? T(0.0) : b * value(a, b - T(1.0));
  }
  template <class T>
  static T partial_b(T a, T, T y) {
    return primal(a) == 0 ? T(0.0) : y * log(a);
  }

 private:
  static double log(double a) { return std::log(a); }
  static Pair log(Pair a) { return {std::log(a.value), a.tangent / a.value}; }
};

/// The angle of the point (b, a).
struct Atan2 {
  static double value(double a, double b) { return std::atan2(a, b); }
  static Pair value(Pair a, Pair b) {
    const double square = a.value * a.value + b.value * b.value;
    return {value(a.value, b.value), (b.value * a.tangent - a.value * b.tangent) / square};
  }
  template <class T>
  static T partial_a(T a, T b, T) {
    return b / (a * a + b * b);
  }
  template <class T>
  static T partial_b(T a, T b, T) {
    return -a / (a * a + b * b);
  }
};

/// The greater; in a tie the derivative is that of the first.
struct Max {
  template <class T>
  static bool first(T a, T b) {
    return primal(a) >= primal(b) || primal(a) != primal(a);
  }
  template <class T>
  static T value(T a, T b) {
    return first(a, b) ? a : b;
  }
  template <class T>
  static double partial_a(T a, T b, T) {
    return first(a, b) ? 1.0 : 0.0;
  }
  template <class T>
  static double partial_b(T a, T b, T) {
    return first(a, b) ? 0.0 : 1.0;
  }
};

/// The smaller; in a tie the derivative is that of the first.
struct Min {
  template <class T>
  static bool first(T a, T b) {
    return primal(a) <= primal(b) || primal(a) != primal(a);
  }
  template <class T>
  static T value(T a, T b) {
    return first(a, b) ? a : b;
  }
  template <class T>
  static double partial_a(T a, T b, T) {
    return first(a, b) ? 1.0 : 0.0;
  }
  template <class T>
  static double partial_b(T a, T b, T) {
    return first(a, b) ? 0.0 : 1.0;
  }
};

}  // namespace unroll::ad
