// expect: of blocks: OnBlocks{loss, layout of x, layout of theta}
#include "unroll/unroll.hpp"

template <class V>
struct Net {
  unroll::matrix_t<V> weights;
  V bias;
};

auto derivative(const unroll::Problem& problem, const unroll::Vector& x) {
  const auto loss = []<class V>(const Net<V>& net, const V&) { return unroll::sum(net.bias); };
  return unroll::hypergradient(loss, problem, unroll::GradientDescent{0.1}, x, x, {.steps = 3});
}
