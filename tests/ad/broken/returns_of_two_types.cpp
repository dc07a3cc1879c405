// expect: deduced
// lines: 20, clang 75: the language finds it in the lambda itself, before any function of ours could say:
// return scalar_t<V>, as docs/writing.md does.
#include "unroll/unroll.hpp"
using namespace unroll;

auto problem() {
  return make_problem(
      [](const auto& x, const auto& theta) {
        if (x[0] > 0) return x[0] * theta[0];
        return x[0] + theta[0];
      },
      1, 1);
}
