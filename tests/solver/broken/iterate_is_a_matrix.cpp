// expect: make it of the vector, `reshape(state.x, rows, cols)`
#include "unroll/unroll.hpp"
using namespace unroll;

struct Factorising {
  template <class V>
  struct State {
    matrix_t<V> x;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {reshape(x0, 2, 2)};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {s.x - 0.1 * reshape(f.gradient(flatten(s.x), theta), 2, 2)};
  }
};
auto f(const Problem& p, const Vector& x0, const Vector& t) {
  return jacobian(p, Factorising{}, x0, t, {.steps = 3}, Reverse{});
}
