#pragma once

#include "unroll/ad/engine.hpp"
#include "unroll/problem/problem.hpp"

namespace unroll::detail {

/// Adds scale × (s.dx, s.dtheta) to the adjoints of a rule's operands x and θ.
template <class P>
void give_all(P& p, const SecondOrder& s, double scale, bool passes_theta = true) {
  const auto of = [&](const Matrix& from) {
    return [&](ad::Block bar, ad::Into into) {
      ad::add(bar, ad::ConstBlock(from.data(), from.rows(), from.cols()), scale, into);
    };
  };
  p.template add<0>(of(s.dx));
  if (passes_theta) p.template add<1>(of(s.dtheta));
}

}  // namespace unroll::detail
