#pragma once

#include "unroll/ad/block.hpp"

namespace unroll::ad {

/// The product rule over columns: `term(o, i, j, into)` puts the product of column i of a and column j of b
/// into column o.
template <class Term>
void bilinear(Block& out, const ConstBlock& a, const ConstBlock& b, Into into, const Term& term) {
  if (out.cols() == 0) return;
  term(0, 0, 0, into);
  for (Index j = 1; j < out.cols(); ++j) {
    const bool a_varies = j < a.cols();
    const bool b_varies = j < b.cols();
    if (b_varies) term(j, 0, j, into);
    if (a_varies) term(j, j, 0, b_varies ? Into::accumulate : into);
    if (!a_varies && !b_varies && into == Into::assign) out.col(j).setZero();
  }
}

}  // namespace unroll::ad
