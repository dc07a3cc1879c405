#pragma once

#include "unroll/types.hpp"

/// Loops over entries that cost nothing but their entries: most arrays of most programs are short, and
/// Eigen's search for an aligned start takes longer than a few numbers.
namespace unroll::ad {

using Packet = Eigen::internal::packet_traits<double>::type;
/// Packets of half the size, for what whole ones leave; where there are none (`has_half`), numbers are next.
template <class P>
using HalfOf = typename Eigen::internal::unpacket_traits<P>::half;
template <class P>
constexpr bool has_half = sizeof(HalfOf<P>) < sizeof(P);

/// y_i = f(x_i, …): `f` takes packets, or numbers, in the same words (padd, pmul, pmadd). What whole packets
/// leave goes by packets of half the size, and so on.
template <class P = Packet, class F, class... X>
void entrywise(double* y, Index size, const F& f, const X*... x) {
  using namespace Eigen::internal;
  constexpr Index width = unpacket_traits<P>::size;
  Index i = 0;
  for (; i + width <= size; i += width) pstoreu(y + i, f(ploadu<P>(x + i)...));
  if constexpr (!has_half<P>)
    for (; i < size; ++i) y[i] = f(x[i]...);
  else if (i < size)
    entrywise<HalfOf<P>>(y + i, size - i, f, (x + i)...);
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
  constexpr Index width = unpacket_traits<P>::size, half = sizeof(HalfOf<P>) / sizeof(double);
  if (size >= 4 * width) return Eigen::Map<const Vector>(a, size).dot(Eigen::Map<const Vector>(b, size));
  double sum = 0;
  Index i = 0;
  if (size >= width) {
    P sums = pmul(ploadu<P>(a), ploadu<P>(b));
    for (i = width; i + width <= size; i += width) sums = pmadd(ploadu<P>(a + i), ploadu<P>(b + i), sums);
    sum = predux(sums);
  }
  if (has_half<P> && i + half <= size) {
    sum += predux(pmul(ploadu<HalfOf<P>>(a + i), ploadu<HalfOf<P>>(b + i)));
    i += half;
  }
  for (; i < size; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace unroll::ad
