// expect: a solver's state must have its iterate as a member `V x`
#include "unroll/unroll.hpp"
using namespace unroll;

struct S {
  template <class V>
  struct State {
    V y;
    Index count;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, 0};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {V(s.y - 0.1 * f.gradient(s.y, theta)), s.count + 1};
  }
};
auto f(const Problem& p, const Vector& x0, const Vector& t) {
  return jacobian(p, S{}, x0, t, {.steps = 3}, Reverse{});
}
