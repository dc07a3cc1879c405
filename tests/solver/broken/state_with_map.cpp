// expect: a member of a solver's state that holds derivatives must be an array, a scalar or a std::vector
#include <map>

#include "unroll/unroll.hpp"

struct Solver {
  template <class V>
  struct State {
    V x;
    std::map<int, V> earlier;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, {}};
  }
  template <class V>
  State<V> step(const unroll::Oracle<V>&, const State<V>& s, const V& theta, unroll::Index) const {
    return {V(0.5 * s.x + theta), s.earlier};
  }
};

unroll::Vector end() {
  return unroll::solve(unroll::NoObjective(2, 2), Solver{}, unroll::Vector(2), unroll::Vector(2), {}).x();
}
unroll::Derivative derivative() {
  return unroll::jacobian(unroll::NoObjective(2, 2), Solver{}, unroll::Vector(2), unroll::Vector(2), {},
                          unroll::Reverse{});
}
