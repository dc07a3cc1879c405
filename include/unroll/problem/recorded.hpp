#pragma once

#include <cstddef>
#include <memory>

#include "unroll/ad/tape.hpp"

namespace unroll::detail {

/// y = f(x, θ) on a tape, a Var or a VarVector, f's type forgotten: what differentiates it is compiled once.
template <class Y>
struct Recorded {
  const void* f;  // recordings refer to its matrices
  std::size_t bytes;
  const void* owner;
  Y (*record)(const void* owner, const VarVector& x, const VarVector& theta);

  Y operator()(const VarVector& x, const VarVector& theta) const { return record(owner, x, theta); }
};

/// Refers to f, a template over the array type.
template <class Y, class F>
Recorded<Y> recorded(const F& f) {
  return {std::addressof(f), sizeof(F), std::addressof(f),
          [](const void* of, const VarVector& x, const VarVector& theta) -> Y {
            return (*static_cast<const F*>(of))(x, theta);
          }};
}

}  // namespace unroll::detail
