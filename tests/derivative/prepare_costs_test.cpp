#include <doctest/doctest.h>

#include "unroll/derivative/jacobian.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/problem/no_objective.hpp"

/// Work that depends on θ alone, an n×n kernel: in every step, once by `prepare`, or in the state.
namespace unroll::prepare_costs {
namespace {

constexpr Index n = 60, steps = 100;

/// K_ij = exp(−(i − j)² e^{−θ_0}/n)/n.
struct Kernel {
  Matrix squares = Matrix::NullaryExpr(n, n, [](Index i, Index j) {
    const auto d = static_cast<double>(i - j);
    return d * d / static_cast<double>(n);
  });
  template <class V>
  matrix_t<V> make(const V& theta) const {
    const scalar_t<V> scale = -exp(-theta[0]);
    return exp(matrix_t<V>(scale * matrix_t<V>(squares))) * (1.0 / static_cast<double>(n));
  }
};

/// x⁺ = tanh(Kx)/2 + θ_1.
template <class V>
V next(const V& x, const matrix_t<V>& K, const V& theta) {
  return 0.5 * tanh(V(K * x)) + scalar_t<V>(theta[1]);
}

struct InEveryStep : Kernel {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    return {next(s.x, make(theta), theta)};
  }
};
struct Prepared : Kernel {
  template <class V>
  matrix_t<V> prepare(const V& theta) const {
    return make(theta);
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index, const matrix_t<V>& K) const {
    return {next(s.x, K, theta)};
  }
};
struct InTheState : Kernel {
  template <class V>
  struct State {
    V x;
    matrix_t<V> K;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, matrix_t<V>(Matrix(Matrix::Zero(n, n)))};
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index t) const {
    const matrix_t<V> K = t == 0 ? make(theta) : s.K;
    return {next(s.x, K, theta), K};
  }
};

const NoObjective none(n, 2);
const Vector theta{{0.3, 0.4}}, w = Vector::LinSpaced(n, -1, 2);
template <class S>
Vjp by(const S& solver, const Reverse& method) {
  return vjp(none, solver, Vector::Zero(n), theta, w, {.steps = steps}, method);
}

TEST_CASE("prepared work is on the tape once: the same derivative in a tenth of the memory") {
  const Vjp each = by(InEveryStep{}, {}), once = by(Prepared{}, {}), state = by(InTheState{}, {});
  CHECK(each.dtheta.norm() > 0.1);
  CHECK((once.dtheta - each.dtheta).norm() <= 1e-12 * each.dtheta.norm());
  CHECK((state.dtheta - each.dtheta).norm() <= 1e-12 * each.dtheta.norm());
  CHECK(once.cost.tape_bytes <= each.cost.tape_bytes / 10);
}

TEST_CASE("truncation as the run asks for it takes a quarter of the steps' tape, beside what was prepared") {
  const Vjp full = by(Prepared{}, {}), some = by(Prepared{}, {.last_steps = automatic});
  CHECK((some.dtheta - full.dtheta).norm() <= 1e-6 * full.dtheta.norm());
  CHECK(some.cost.tape_bytes <= full.cost.tape_bytes / 4 + n * n * sizeof(double));
  const Vjp carried = by(InTheState{}, {.last_steps = automatic});
  CHECK((carried.dtheta - full.dtheta).norm() <= 1e-6 * full.dtheta.norm());
}

}  // namespace
}  // namespace unroll::prepare_costs
