#pragma once

#include <cmath>
#include <type_traits>

#include "unroll/ad/packet_functions.hpp"
#include "unroll/types.hpp"

/// Functions of one real variable, written once for numbers and for Eigen arrays; no engine appears here.
/// Each rule has three lines, where s stands for what the rule saves, x or y = f(x) (`saves_output`):
///   value(x) = f(x),   slope(s) = f'(x),   slope_derivative(s) = d slope / ds.
/// Both engines, forward and reverse, scalar and array, first and second order, are served by these lines.
namespace unroll::ad {

template <class T>
inline constexpr bool is_number = std::is_arithmetic_v<T>;

struct Negate {
  static constexpr bool saves_output = false;
  template <class T>
  static auto value(const T& x) {
    return -x;
  }
  template <class T>
  static double slope(const T&) {
    return -1.0;
  }
  template <class T>
  static double slope_derivative(const T&) {
    return 0.0;
  }
};

struct Exp {
  static constexpr bool saves_output = true;
  template <class T>
  static auto value(const T& x) {
    using std::exp;
    return exp(x);
  }
  template <class T>
  static auto slope(const T& y) {
    return 1.0 * y;
  }
  template <class T>
  static double slope_derivative(const T&) {
    return 1.0;
  }
};

struct Log {
  static constexpr bool saves_output = false;
  template <class T>
  static auto value(const T& x) {
    using std::log;
    return log(x);
  }
  template <class T>
  static auto slope(const T& x) {
    return 1.0 / x;
  }
  template <class T>
  static auto slope_derivative(const T& x) {
    return -1.0 / (x * x);
  }
};

struct Log1p {
  static constexpr bool saves_output = false;
  template <class T>
  static auto value(const T& x) {
    using std::log1p;
    return log1p(x);
  }
  template <class T>
  static auto slope(const T& x) {
    return 1.0 / (1.0 + x);
  }
  template <class T>
  static auto slope_derivative(const T& x) {
    return -1.0 / ((1.0 + x) * (1.0 + x));
  }
};

struct Expm1 {
  static constexpr bool saves_output = true;
  template <class T>
  static auto value(const T& x) {
    using std::expm1;
    return expm1(x);
  }
  template <class T>
  static auto slope(const T& y) {
    return 1.0 + y;
  }
  template <class T>
  static double slope_derivative(const T&) {
    return 1.0;
  }
};

/// √x; at x = 0 the slope is +∞, the one-sided derivative. (`norm` has the subgradient 0 at 0.)
struct Sqrt {
  static constexpr bool saves_output = true;
  template <class T>
  static auto value(const T& x) {
    using std::sqrt;
    return sqrt(x);
  }
  template <class T>
  static auto slope(const T& y) {
    return 0.5 / y;
  }
  template <class T>
  static auto slope_derivative(const T& y) {
    return -0.5 / (y * y);
  }
};

struct Square {
  static constexpr bool saves_output = false;
  template <class T>
  static auto value(const T& x) {
    return x * x;
  }
  template <class T>
  static auto slope(const T& x) {
    return 2.0 * x;
  }
  template <class T>
  static double slope_derivative(const T&) {
    return 2.0;
  }
};

struct Sin {
  static constexpr bool saves_output = false;
  template <class T>
  static auto value(const T& x) {
    using std::sin;
    return sin(x);
  }
  template <class T>
  static auto slope(const T& x) {
    using std::cos;
    return cos(x);
  }
  template <class T>
  static auto slope_derivative(const T& x) {
    using std::sin;
    return -sin(x);
  }
};

struct Cos {
  static constexpr bool saves_output = false;
  template <class T>
  static auto value(const T& x) {
    using std::cos;
    return cos(x);
  }
  template <class T>
  static auto slope(const T& x) {
    using std::sin;
    return -sin(x);
  }
  template <class T>
  static auto slope_derivative(const T& x) {
    using std::cos;
    return -cos(x);
  }
};

struct Tan {
  static constexpr bool saves_output = true;
  template <class T>
  static auto value(const T& x) {
    using std::tan;
    return tan(x);
  }
  template <class T>
  static auto slope(const T& y) {
    return 1.0 + y * y;
  }
  template <class T>
  static auto slope_derivative(const T& y) {
    return 2.0 * y;
  }
};

struct Atan {
  static constexpr bool saves_output = false;
  template <class T>
  static auto value(const T& x) {
    using std::atan;
    return atan(x);
  }
  template <class T>
  static auto slope(const T& x) {
    return 1.0 / (1.0 + x * x);
  }
  template <class T>
  static auto slope_derivative(const T& x) {
    return -2.0 * x / ((1.0 + x * x) * (1.0 + x * x));
  }
};

struct Sinh {
  static constexpr bool saves_output = false;
  template <class T>
  static auto value(const T& x) {
    using std::sinh;
    return sinh(x);
  }
  template <class T>
  static auto slope(const T& x) {
    using std::cosh;
    return cosh(x);
  }
  template <class T>
  static auto slope_derivative(const T& x) {
    using std::sinh;
    return sinh(x);
  }
};

struct Cosh {
  static constexpr bool saves_output = false;
  template <class T>
  static auto value(const T& x) {
    using std::cosh;
    return cosh(x);
  }
  template <class T>
  static auto slope(const T& x) {
    using std::sinh;
    return sinh(x);
  }
  template <class T>
  static auto slope_derivative(const T& x) {
    using std::cosh;
    return cosh(x);
  }
};

struct Tanh {
  static constexpr bool saves_output = true;
  template <class T>
  static auto value(const T& x) {
    return map<packet::Tanh>(x);
  }
  template <class T>
  static auto slope(const T& y) {
    return 1.0 - y * y;
  }
  template <class T>
  static auto slope_derivative(const T& y) {
    return -2.0 * y;
  }
};

/// 1/(1 + e^{−x})
struct Sigmoid {
  static constexpr bool saves_output = true;
  template <class T>
  static auto value(const T& x) {
    return map<packet::Sigmoid>(x);
  }
  template <class T>
  static auto slope(const T& y) {
    return y - y * y;
  }
  template <class T>
  static auto slope_derivative(const T& y) {
    return 1.0 - 2.0 * y;
  }
};

/// log(1 + e^x)
struct Softplus {
  static constexpr bool saves_output = false;
  template <class T>
  static auto value(const T& x) {
    return map<packet::Softplus>(x);
  }
  template <class T>
  static auto slope(const T& x) {
    return map<packet::Sigmoid>(x);
  }
  template <class T>
  static auto slope_derivative(const T& x) {
    return map<packet::SigmoidSlope>(x);
  }
};

/// |x|; at x = 0 the slope is 0.
struct Abs {
  static constexpr bool saves_output = false;
  template <class T>
  static auto value(const T& x) {
    using std::abs;
    return abs(x);
  }
  template <class T>
  static auto slope(const T& x) {
    if constexpr (is_number<T>)
      return x > 0 ? 1.0 : (x < 0 ? -1.0 : 0.0);
    else
      return x.sign();
  }
  template <class T>
  static double slope_derivative(const T&) {
    return 0.0;
  }
};

}  // namespace unroll::ad
