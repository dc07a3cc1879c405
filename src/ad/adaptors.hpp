#pragma once

#include "unroll/ad/engine.hpp"

/// Rules from less. A linear rule is given by two maps, a bilinear one by three products, each `out (+)=
/// alpha · …` on blocks; what a tape keeps, tangents and second order follow.
namespace unroll::ad {

/// y = L x. A map has, as const members,
///   void forward(Block y, const ConstBlock& x, double alpha, Into into)     y (+)= alpha · L x
///   void transposed(Block x, const ConstBlock& y, double alpha, Into into)  x (+)= alpha · Lᵀ y
/// for every column of the blocks. Nothing is kept.
template <class Map>
struct LinearRule {
  static constexpr std::array<unsigned, 1> needed_for{0U};
  static constexpr bool reads_output = false;
  [[no_unique_address]] Map map;
  void evaluate(const ConstBlock& x, Block y) const { map.forward(y, x, 1, Into::assign); }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    p.template add<0>([&](Block x_bar, Into into) {
      const Index first = p.template first_asked<0>();
      if (first > 0 && into == Into::assign) x_bar.leftCols(first).setZero();
      map.transposed(x_bar.from(first), y_bar.block.from(first), y_bar.scale, into);
    });
  }
};
template <class Map>
LinearRule(Map) -> LinearRule<Map>;

/// The transpose of a map.
template <class Map>
struct Flipped {
  [[no_unique_address]] Map map;
  void forward(Block y, const ConstBlock& x, double alpha, Into into) const {
    map.transposed(y, x, alpha, into);
  }
  void transposed(Block x, const ConstBlock& y, double alpha, Into into) const {
    map.forward(x, y, alpha, into);
  }
};
template <class Map>
Flipped(Map) -> Flipped<Map>;

/// y = B(a, b), linear in both. The products have, as const members, each with (…, double alpha, Into into):
///  - value(Block y, const ConstBlock& a, const ConstBlock& b): y (+)= alpha · B(a, b);
///  - left(Block a, const ConstBlock& y, const ConstBlock& b): a with ⟨a, ·⟩ = ⟨y, B(·, b)⟩;
///  - right(Block b, const ConstBlock& y, const ConstBlock& a): b with ⟨b, ·⟩ = ⟨y, B(a, ·)⟩,
/// and obey the product rule over columns, as the algebra of block.hpp does. Each operand is kept if the
/// other has a derivative.
template <class Products>
struct BilinearRule {
  static constexpr std::array<unsigned, 2> needed_for{2U, 1U};
  static constexpr bool reads_output = false;
  [[no_unique_address]] Products products;
  void evaluate(const ConstBlock& a, const ConstBlock& b, Block y) const {
    products.value(y, a, b, 1, Into::assign);
  }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    p.template add<0>([&](Block bar, Into into) {
      products.left(bar, y_bar.block, p.template in<1>(), y_bar.scale, into);
    });
    p.template add<1>([&](Block bar, Into into) {
      products.right(bar, y_bar.block, p.template in<0>(), y_bar.scale, into);
    });
  }
};
template <class Products>
BilinearRule(Products) -> BilinearRule<Products>;

/// Where entry i stands in an operand that is an array, or one number for all; and the entry, 0 in a column
/// that the operand has not.
/// @{
template <class B>
Index at(const B& x, Index i) {
  return x.rows() == 1 ? 0 : i;
}
inline double entry(const ConstBlock& x, Index i, Index column) {
  return column < x.cols() ? x(at(x, i), column) : 0.0;
}
/// @}
/// Entry i: value, tangent j, the further direction's, and the mixed one.
inline Jet jet(const ConstBlock& x, Index i, Index j, Index half) {
  return {{entry(x, i, 0), entry(x, i, j)}, {entry(x, i, half), entry(x, i, half + j)}};
}

/// out (+)= alpha · value, for parts of a block.
template <class Out, class Value>
void put(Out&& out, const Value& value, double alpha, Into into) {
  if (into == Into::assign)
    out = alpha * value;
  else
    out += alpha * value;
}

/// Entries first … of an array, as many as y has.
struct Segment {
  Index first;
  void forward(Block y, const ConstBlock& x, double alpha, Into into) const {
    put(y, x.middleRows(first, y.rows()), alpha, into);
  }
  void transposed(Block x, const ConstBlock& y, double alpha, Into into) const {
    if (into == Into::assign) x.setZero();
    x.middleRows(first, y.rows()) += alpha * y;
  }
};

}  // namespace unroll::ad
