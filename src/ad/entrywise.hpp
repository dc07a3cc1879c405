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
inline double inner_product(const double* a, const double* b, Index size) {
  constexpr Index few = 4 * packet_size;
  if (size >= few) return Eigen::Map<const Vector>(a, size).dot(Eigen::Map<const Vector>(b, size));
  using namespace Eigen::internal;
  double sum = 0;
  Index i = 0;
  if (size >= packet_size) {
    Packet sums = pmul(ploadu<Packet>(a), ploadu<Packet>(b));
    for (i = packet_size; i + packet_size <= size; i += packet_size)
      sums = pmadd(ploadu<Packet>(a + i), ploadu<Packet>(b + i), sums);
    sum = predux(sums);
  }
  for (; i < size; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace unroll::ad
