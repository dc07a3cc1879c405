#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "unroll/types.hpp"

/// W5 over any scalar type T: what a user of a tape of scalars writes.
namespace unroll::bench {

inline constexpr Index chain_inputs = 10;
inline constexpr Index chain_rounds = 200'000;  // of five operations

template <class T>
T chain(const std::vector<T>& input) {
  using std::exp;
  using std::sin;
  T s = 1.0;
  std::size_t k = 0;
  for (Index r = 0; r < chain_rounds; ++r) {
    const T& i = input[k];
    k = k + 1 == chain_inputs ? 0 : k + 1;
    const T& j = input[k];
    const T a = s * i;
    const T b = a + j;
    const T c = sin(b);
    const T e = exp(-c);
    s = 0.5 * e / (b + 1.5) + 0.25 * c;
  }
  return s;
}

}  // namespace unroll::bench
