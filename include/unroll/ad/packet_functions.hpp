#pragma once

#include <Eigen/Core>
#include <cmath>
#include <limits>

/// Elementwise functions that Eigen 3.4 evaluates one number at a time in double precision, vectorised here
/// through its packet exp and log, and these two to the ends of their range. Accuracy: 1e-15 relative
/// (tests/ad/packet_functions_test.cpp).
namespace unroll::ad::packet {

using namespace Eigen::internal;  // Eigen's packet algebra: padd, pmul, pexp, pselect, …

template <class P>
P constant(double value) {
  return pset1<P>(value);
}

/// e^x, from 0 to ∞. (Eigen's stays within e^{±709.78}.)
struct Exp {
  double operator()(double x) const { return std::exp(x); }
  template <class P>
  P packetOp(const P& x) const {
    const P y = pexp(x), far = constant<P>(708.0);
    const P is_far = pcmp_lt(far, pabs(x));
    if (!predux_any(is_far)) [[likely]]
      return y;
    const P root = pexp(pmul(x, constant<P>(0.5)));
    return pselect(is_far, pmul(root, root), y);
  }
};
/// log x, of the least numbers, too. (Eigen's takes them for the least normal one.)
struct Log {
  double operator()(double x) const { return std::log(x); }
  template <class P>
  P packetOp(const P& x) const {
    const P y = plog(x);
    const P is_least =
        pand(pcmp_lt(x, constant<P>(std::numeric_limits<double>::min())), pcmp_lt(constant<P>(0.0), x));
    if (!predux_any(is_least)) [[likely]]
      return y;
    constexpr double factor = 0x1p54, log_of_factor = 37.42994775023704;
    return pselect(is_least, psub(plog(pmul(x, constant<P>(factor))), constant<P>(log_of_factor)), y);
  }
};
/// e^{−|x|}, the quantity in which what follows is stable.
template <class P>
P decay(const P& x) {
  return Exp{}.packetOp(por(x, constant<P>(-0.0)));
}

/// tanh x, and its slope 1 − tanh² x = g(2 − g) with g = 2e/(1 + e), e = e^{−2|x|}: from tanh x itself, which
/// rounds to 1, the slope would vanish at 20. For |x| < 5/8 the value is the rational approximation of Cephes
/// (Moshier, "Methods and Programs for Mathematical Functions"), as 1 − g cancels there.
struct Tanh {
  double operator()(double x) const { return std::tanh(x); }
  static double with_slope(double x, double& slope) {
    const double e = std::exp(-2.0 * std::abs(x));
    slope = 4.0 * e / ((1.0 + e) * (1.0 + e));
    return std::tanh(x);
  }
  template <class P>
  P packetOp(const P& x) const {
    P slope;
    return with_slope(x, slope);
  }
  template <class P>
  static P with_slope(const P& x, P& slope) {
    const P e = decay(padd(x, x));
    const P half_gap = pdiv(e, padd(constant<P>(1.0), e)), gap = padd(half_gap, half_gap);
    slope = pmul(gap, psub(constant<P>(2.0), gap));
    const P large = por(psub(constant<P>(1.0), gap), pand(x, constant<P>(-0.0)));  // with the sign of x
    const P z = pmul(x, x);
    P p = pmadd(z, constant<P>(-9.64399179425052238628e-1), constant<P>(-9.92877231001918586564e1));
    p = pmadd(z, p, constant<P>(-1.61468768441708447952e3));
    P q = padd(z, constant<P>(1.12811678491632931402e2));
    q = pmadd(z, q, constant<P>(2.23548839060100448583e3));
    q = pmadd(z, q, constant<P>(4.84406305325125486048e3));
    const P small = pmadd(pmul(x, z), pdiv(p, q), x);
    return pselect(pcmp_lt(pabs(x), constant<P>(0.625)), small, large);
  }
};
/// σ(x) = 1/(1 + e^{−x}), and its slope σ(x)(1 − σ(x)) = e^{−|x|}/(1 + e^{−|x|})², without cancellation for
/// large |x|.
struct Sigmoid {
  double operator()(double x) const {
    double slope;
    return with_slope(x, slope);
  }
  static double with_slope(double x, double& slope) {
    const double e = std::exp(-std::abs(x));
    slope = e / ((1.0 + e) * (1.0 + e));
    return (x < 0 ? e : 1.0) / (1.0 + e);
  }
  template <class P>
  P packetOp(const P& x) const {
    P slope;
    return with_slope(x, slope);
  }
  template <class P>
  static P with_slope(const P& x, P& slope) {
    const P e = decay(x);
    const P large = pdiv(constant<P>(1.0), padd(constant<P>(1.0), e)), small = pmul(e, large);
    slope = pmul(small, large);
    return pselect(pcmp_lt(x, constant<P>(0.0)), small, large);
  }
};
/// The slope of an F that gives it with its value.
template <class F>
struct SlopeOf {
  double operator()(double x) const {
    double slope;
    F::with_slope(x, slope);
    return slope;
  }
  template <class P>
  P packetOp(const P& x) const {
    P slope;
    F::with_slope(x, slope);
    return slope;
  }
};
using TanhSlope = SlopeOf<Tanh>;
using SigmoidSlope = SlopeOf<Sigmoid>;

/// log(1 + e^x) = max(x, 0) + log1p(e^{−|x|}); log1p(u) = log(w)·u/(w − 1) with w = 1 + u, exact to rounding
/// (Kahan).
struct Softplus {
  double operator()(double x) const { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
  template <class P>
  P packetOp(const P& x) const {
    const P one = constant<P>(1.0);
    const P u = decay(x);
    const P w = padd(one, u);
    const P difference = psub(w, one);
    const auto tiny = pcmp_eq(w, one);
    const P log1p_u = pselect(tiny, u, pmul(plog(w), pdiv(u, pselect(tiny, one, difference))));
    return padd(pmax(x, constant<P>(0.0)), log1p_u);
  }
};

/// y_i = f(x_i) together with the slopes there, for an F above that has both.
template <class F>
void fill_with_slopes(const double* x, double* y, double* slopes, Eigen::Index size) {
  using P = packet_traits<double>::type;
  constexpr Eigen::Index width = packet_traits<double>::size;
  Eigen::Index i = 0;
  if constexpr (functor_traits<F>::PacketAccess != 0)
    for (; i + width <= size; i += width) {
      P slope;
      pstoreu(y + i, F::with_slope(ploadu<P>(x + i), slope));
      pstoreu(slopes + i, slope);
    }
  for (; i < size; ++i) y[i] = F::with_slope(x[i], slopes[i]);
}

/// 1, 0 or −1.
struct Sign {
  double operator()(double x) const { return static_cast<double>((x > 0) - (x < 0)); }
  template <class P>
  P packetOp(const P& x) const {
    const P one = constant<P>(1.0), zero = constant<P>(0.0);
    return psub(pand(pcmp_lt(zero, x), one), pand(pcmp_lt(x, zero), one));
  }
};
/// slope × cotangent, and 0 where the cotangent is 0, whatever the slope.
struct Chain {
  double operator()(double slope, double cotangent) const { return cotangent == 0 ? 0.0 : slope * cotangent; }
  template <class P>
  P packetOp(const P& slope, const P& cotangent) const {
    return pandnot(pmul(slope, cotangent), pcmp_eq(cotangent, constant<P>(0.0)));
  }
};
/// cotangent / divisor likewise.
struct Ratio {
  double operator()(double cotangent, double divisor) const {
    return cotangent == 0 ? 0.0 : cotangent / divisor;
  }
  template <class P>
  P packetOp(const P& cotangent, const P& divisor) const {
    return pandnot(pdiv(cotangent, divisor), pcmp_eq(cotangent, constant<P>(0.0)));
  }
};

}  // namespace unroll::ad::packet

namespace unroll::ad {

/// F over a number or, lazily, over the entries of an Eigen array.
template <class F, class T>
auto map(const T& x) {
  if constexpr (std::is_arithmetic_v<T>)
    return F{}(static_cast<double>(x));
  else
    return x.unaryExpr(F{});
}

}  // namespace unroll::ad

namespace Eigen::internal {
template <class F>
requires std::is_same_v<F, unroll::ad::packet::Exp> || std::is_same_v<F, unroll::ad::packet::Log> ||
    std::is_same_v<F, unroll::ad::packet::Tanh> || std::is_same_v<F, unroll::ad::packet::TanhSlope> ||
    std::is_same_v<F, unroll::ad::packet::Sigmoid> || std::is_same_v<F, unroll::ad::packet::SigmoidSlope> ||
    std::is_same_v<F, unroll::ad::packet::Softplus>
struct functor_traits<F> {
  enum {
    Cost = 20 * NumTraits<double>::MulCost,
    PacketAccess = packet_traits<double>::HasExp != 0 && packet_traits<double>::HasLog != 0
  };
};
template <class F>
requires std::is_same_v<F, unroll::ad::packet::Chain> || std::is_same_v<F, unroll::ad::packet::Ratio> ||
    std::is_same_v<F, unroll::ad::packet::Sign>
struct functor_traits<F> {
  enum { Cost = 4 * NumTraits<double>::MulCost, PacketAccess = packet_traits<double>::HasCmp != 0 };
};
}  // namespace Eigen::internal
