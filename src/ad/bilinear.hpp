#pragma once

#include <algorithm>
#include <type_traits>

#include "unroll/ad/block.hpp"
#include "unroll/ad/packet_functions.hpp"

namespace unroll::ad {

/// The product rule over columns: `term(o, i, j, into)` puts the product of column i of a and column j of b
/// into column o.
template <class Term>
void bilinear(Block& out, const ConstBlock& a, const ConstBlock& b, Into into, const Term& term) {
  if (out.cols() == 0) return;
  term(0, 0, 0, into);
  const Index half = half_of(out, a, b);
  for (Index j = 1; j < out.cols(); ++j) {
    const bool a_varies = j < a.cols();
    const bool b_varies = j < b.cols();
    if (b_varies) term(j, 0, j, into);
    if (a_varies) term(j, j, 0, b_varies ? Into::accumulate : into);
    if (!a_varies && !b_varies && into == Into::assign) out.col(j).setZero();
    if (a_varies && b_varies && is_mixed(j, half)) {
      term(j, j - half, half, Into::accumulate);
      term(j, half, j - half, Into::accumulate);
    }
  }
}

/// What `divide` divides: values with tangents, or cotangents, whose first column is one of them.
enum class Quotients { of_values, of_cotangents };
/// out = x/b by the same rule, column by column of b · out = x. `b(j)` is column j of b, an array as those of
/// x or a number; b has `columns` of them. Where b is 0, what does not move has no derivative of 0 · ∞, and a
/// cotangent of 0 stays 0.
template <class Divisor>
void divide(Block out, const ConstBlock& x, const Divisor& b, Index columns, Index half,
            Quotients quotients = Quotients::of_values) {
  const auto divisor = [&](Index j) {
    if constexpr (std::is_arithmetic_v<decltype(b(j))>)
      return Eigen::ArrayXd::Constant(out.rows(), b(j));
    else
      return b(j);
  };
  const auto moved = [&](Index i, Index j) {
    return out.col(i).array().binaryExpr(divisor(j), packet::Chain{});
  };
  for (Index j = 0; j < out.cols(); ++j) {
    const bool x_varies = j<x.cols(), b_varies = j> 0 && j < columns;
    auto y = out.col(j).array();
    if (x_varies)
      y = x.col(j).array();
    else
      y.setZero();
    if (j == 0 && quotients == Quotients::of_values) {
      y /= b(0);
      continue;
    }
    if (b_varies) y -= moved(0, j);
    if (b_varies && is_mixed(j, half)) y -= moved(j - half, half) + moved(half, j - half);
    if (x_varies || b_varies) y = y.binaryExpr(divisor(0), packet::Ratio{});
  }
}

}  // namespace unroll::ad
