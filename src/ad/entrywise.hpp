#pragma once

#include "unroll/types.hpp"

/// Loops over entries that cost nothing but their entries: most arrays of most programs are short, and
/// Eigen's search for an aligned start takes longer than a few numbers.
namespace unroll::ad {

using Packet = Eigen::internal::packet_traits<double>::type;
constexpr Index packet_size = Eigen::internal::packet_traits<double>::size;

/// y_i = f(x_i, …): `f` takes packets, or numbers, in the same words (padd, pmul, pmadd). What whole packets
/// leave goes by packets of half the size, and so on.
template <class P = Packet, class F, class... X>
void entrywise(double* y, Index size, const F& f, const X*... x) {
  using namespace Eigen::internal;
  using Half = typename unpacket_traits<P>::half;  // of the least packets they themselves
  constexpr Index width = unpacket_traits<P>::size;
  Index i = 0;
  for (; i + width <= size; i += width) pstoreu(y + i, f(ploadu<P>(x + i)...));
  if constexpr (sizeof(Half) == sizeof(P))
    for (; i < size; ++i) y[i] = f(x[i]...);
  else if (i < size)
    entrywise<Half>(y + i, size - i, f, (x + i)...);
}
/// y = c x.
inline void assign_multiple(double* y, const double* x, Index size, double c) {
  entrywise(
      y, size,
      [c](auto entry) {
        using namespace Eigen::internal;
        return pmul(pset1<decltype(entry)>(c), entry);
      },
      x);
}
/// y += c x.
inline void add_multiple(double* y, const double* x, Index size, double c) {
  entrywise(
      y, size,
      [c](auto sum, auto entry) {
        using namespace Eigen::internal;
        return pmadd(pset1<decltype(entry)>(c), entry, sum);
      },
      y, x);
}
/// ⟨a, b⟩.
template <class P = Packet>
double inner_product(const double* a, const double* b, Index size) {
  using namespace Eigen::internal;
  using Half = typename unpacket_traits<P>::half;
  constexpr Index width = unpacket_traits<P>::size, half = sizeof(Half) / sizeof(double);
  if (size >= 4 * width) return Eigen::Map<const Vector>(a, size).dot(Eigen::Map<const Vector>(b, size));
  double sum = 0;
  Index i = 0;
  if (size >= width) {
    P sums = pmul(ploadu<P>(a), ploadu<P>(b));
    for (i = width; i + width <= size; i += width) sums = pmadd(ploadu<P>(a + i), ploadu<P>(b + i), sums);
    sum = predux(sums);
  }
  if (half < width && i + half <= size) {
    sum += predux(pmul(ploadu<Half>(a + i), ploadu<Half>(b + i)));
    i += half;
  }
  for (; i < size; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace unroll::ad
