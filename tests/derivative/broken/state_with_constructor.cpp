// expect: must be a copyable aggregate: no constructors
#include "unroll/unroll.hpp"
using namespace unroll;

struct S {
  template <class V>
  struct State {
    explicit State(const V& x0) : x(x0) {}
    V x;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return State<V>(x0);
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return State<V>(V(s.x - 0.1 * f.gradient(s.x, theta)));
  }
};
auto f(const Problem& p, const Vector& x0, const Vector& t) {
  return jacobian(p, S{}, x0, t, {.steps = 3}, Reverse{});
}
