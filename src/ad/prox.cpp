#include "unroll/ad/prox.hpp"

#include <fmt/format.h>

#include "ad/adaptors.hpp"

namespace unroll::ad {

namespace {

struct SoftThreshold {
  static constexpr std::array<unsigned, 2> needed_for{3U, 3U};
  static constexpr bool reads_output = false;
  // Not in the dead zone, of which a threshold 0 leaves nothing: there the map is x, at 0 too.
  static bool is_kept(double x, double threshold) { return threshold == 0 || !(std::abs(x) <= threshold); }
  static double sign(double x) { return x == 0 ? 0 : x > 0 ? 1 : -1; }
  static void evaluate(const ConstBlock& x, const ConstBlock& tau, Block y) {
    for (Index i = 0; i < y.rows(); ++i) {
      const double value = x(i, 0), threshold = tau(at(tau, i), 0);
      const bool kept = is_kept(value, threshold);
      y(i, 0) = kept ? value - sign(value) * threshold : 0.0;
      for (Index j = 1; j < y.cols(); ++j)
        y(i, j) = kept ? entry(x, i, j) - sign(value) * entry(tau, i, j) : 0.0;
    }
  }
  template <class P>
  static void pullback(P& p) {
    const ScaledBlock y_bar = p.adjoint();
    const ConstBlock x = p.template in<0>();
    const ConstBlock tau = p.template in<1>();
    p.template add<0>([&](Block x_bar, Into into) {
      if (into == Into::assign) x_bar.setZero();
      for (Index i = 0; i < x_bar.rows(); ++i)
        if (is_kept(x(i, 0), tau(at(tau, i), 0))) x_bar.row(i) += y_bar.scale * y_bar.block.row(i);
    });
    p.template add<1>([&](Block tau_bar, Into into) {
      if (into == Into::assign) tau_bar.setZero();
      for (Index i = 0; i < x.rows(); ++i)
        if (is_kept(x(i, 0), tau(at(tau, i), 0)))
          tau_bar.row(at(tau, i)) -= (sign(x(i, 0)) * y_bar.scale) * y_bar.block.row(i);
    });
  }
};

struct BoxProjection {
  static constexpr std::array<unsigned, 3> needed_for{7U, 7U, 7U};
  static constexpr bool reads_output = false;
  // Which operand an entry comes from: between bounds that are one, never x.
  static int source(const ConstBlock& x, const ConstBlock& lower, const ConstBlock& upper, Index i) {
    if (x(i, 0) < lower(at(lower, i), 0)) return 1;
    if (x(i, 0) > upper(at(upper, i), 0)) return 2;
    return lower(at(lower, i), 0) == upper(at(upper, i), 0) ? 1 : 0;
  }
  static void evaluate(const ConstBlock& x, const ConstBlock& lower, const ConstBlock& upper, Block y) {
    for (Index i = 0; i < y.rows(); ++i) {
      const int from = source(x, lower, upper, i);
      for (Index j = 0; j < y.cols(); ++j) y(i, j) = entry(from == 0 ? x : from == 1 ? lower : upper, i, j);
    }
  }
  template <class P>
  static void pullback(P& p) {
    const ScaledBlock y_bar = p.adjoint();
    const ConstBlock x = p.template in<0>();
    const ConstBlock lower = p.template in<1>();
    const ConstBlock upper = p.template in<2>();
    const auto give = [&](Block& bar, Into into, int to) {
      if (into == Into::assign) bar.setZero();
      for (Index i = 0; i < x.rows(); ++i)
        if (source(x, lower, upper, i) == to) bar.row(at(bar, i)) += y_bar.scale * y_bar.block.row(i);
    };
    p.template add<0>([&](Block bar, Into into) { give(bar, into, 0); });
    p.template add<1>([&](Block bar, Into into) { give(bar, into, 1); });
    p.template add<2>([&](Block bar, Into into) { give(bar, into, 2); });
  }
};

template <class T>
void check_size(const char* operation, const char* name, const T& operand, Index size) {
  if constexpr (AnyArray<T>) {
    if (operand.size() != size)
      throw ShapeError(fmt::format("{}: x has {} entries, {} has {}", operation, size, name, operand.size()));
  }
}

}  // namespace

template <class A, class T>
A soft_thresholded(const A& x, const T& threshold) {
  check_size("soft_threshold", "threshold", threshold, x.size());
  const ConstBlock tau = block_of(threshold);
  for (Index i = 0; i < tau.rows(); ++i)
    if (!(tau(i, 0) >= 0))
      throw DomainError(fmt::format("soft_threshold: threshold {} is {}, not ≥ 0", i, tau(i, 0)));
  return evaluate_array<A>(SoftThreshold{}, Shape{x.size(), 1}, x, threshold);
}
template <class A, class L, class U>
A projected_to_box(const A& x, const L& lower, const U& upper) {
  check_size("box_projection", "lower", lower, x.size());
  check_size("box_projection", "upper", upper, x.size());
  const ConstBlock low = block_of(lower);
  const ConstBlock high = block_of(upper);
  for (Index i = 0; i < x.size(); ++i) {
    const double least = low(at(low, i), 0), most = high(at(high, i), 0);
    if (!(least <= most) || (least == most && std::isinf(least)))
      throw DomainError(fmt::format("box_projection: at {} the bounds are {} and {}", i, least, most));
  }
  return evaluate_array<A>(BoxProjection{}, Shape{x.size(), 1}, x, lower, upper);
}

#define UNROLL_PROX(V, S)                                             \
  template V soft_thresholded<V, S>(const V&, const S&);              \
  template V soft_thresholded<V, V>(const V&, const V&);              \
  template V projected_to_box<V, S, S>(const V&, const S&, const S&); \
  template V projected_to_box<V, V, S>(const V&, const V&, const S&); \
  template V projected_to_box<V, S, V>(const V&, const S&, const V&); \
  template V projected_to_box<V, V, V>(const V&, const V&, const V&);
UNROLL_PROX(Vector, double)
UNROLL_PROX(VarVector, Var)
UNROLL_PROX(DualVector, Dual)
#undef UNROLL_PROX

}  // namespace unroll::ad
