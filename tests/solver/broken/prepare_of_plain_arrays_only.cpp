// expect: a solver's prepare must be const, and callable with plain, dual and taped arrays V
#include "unroll/unroll.hpp"

struct Mine {
  unroll::Vector prepare(const unroll::Vector& theta) const { return theta; }
  template <class V>
  unroll::State<V> step(const unroll::Oracle<V>&, const unroll::State<V>& s, const V&, unroll::Index,
                        const V& c) const {
    return {V(s.x - c)};
  }
};

auto run(const unroll::Problem& problem, const unroll::Vector& x0) {
  return unroll::jacobian(problem, Mine{}, x0, x0, {.steps = 3}, unroll::Reverse{});
}
