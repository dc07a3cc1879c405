#pragma once

#include <type_traits>

#include "unroll/ad/unpack.hpp"

namespace unroll {

/// A function of blocks as one of vectors, `OnBlocks{f, layout, p}`: f(unpack(x, of_x), unpack(theta,
/// of_theta)), likewise f.prepare. In place of a layout, the number of entries of a vector stands for the
/// vector itself.
template <class F, class X, class Theta>
struct OnBlocks {
  F f;
  X of_x;
  Theta of_theta;

  static Index size(Index entries) { return entries; }
  template <BlockLayout L>
  static Index size(const L& layout) {
    return packed_size(layout);
  }
  /// Those of a vector.
  template <class V>
  static const V& blocks(const V& all, Index entries) {
    if (all.size() != entries) ad::throw_unpacked(all.size(), entries);
    return all;
  }
  template <class V, BlockLayout L>
  static auto blocks(const V& all, const L& layout) {
    return unpack(all, layout);
  }

  template <class V, class... Prepared>
  auto operator()(const V& x, const V& theta, const Prepared&... prepared) const requires
      requires(const F& g, const X& on_x, const Theta& on_theta) {
    g(blocks(x, on_x), blocks(theta, on_theta), prepared...);
  }
  { return f(blocks(x, of_x), blocks(theta, of_theta), prepared...); }
  template <class V>
  auto prepare(const V& theta) const requires requires(const F& g, const Theta& layout) {
    g.prepare(blocks(theta, layout));
  }
  { return f.prepare(blocks(theta, of_theta)); }
  template <class V>
  auto curvature(const V& theta) const requires requires(const F& g, const Theta& layout) {
    g.curvature(blocks(theta, layout));
  }
  { return f.curvature(blocks(theta, of_theta)); }
  auto pattern() const requires requires(const F& g) { g.pattern(); }
  { return f.pattern(); }
};
template <class F, class X, class Theta>
OnBlocks(F, X, Theta) -> OnBlocks<F, std::conditional_t<BlockLayout<X>, X, Index>,
                                  std::conditional_t<BlockLayout<Theta>, Theta, Index>>;

}  // namespace unroll
