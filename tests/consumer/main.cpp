// A stranger's program: a solver of their own, a problem of their own, and the Jacobian of the one on the
// other.
#include <cmath>
#include <cstdio>
#include <unroll/unroll.hpp>
#include <utility>

struct Ridge {
  unroll::Matrix A;
  unroll::Vector y;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const V r = A * x - y;
    return 0.5 / static_cast<double>(A.rows()) * unroll::squared_norm(r) +
           0.5 * theta[0] * unroll::squared_norm(x);
  }
};

struct MomentumByHand {
  double step_size, momentum;
  template <class V>
  struct State {
    V x, previous;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, x0};
  }
  template <class V>
  State<V> step(const unroll::Oracle<V>& f, const State<V>& s, const V& theta, unroll::Index) const {
    return {s.x + momentum * (s.x - s.previous) - step_size * f.gradient(s.x, theta), s.x};
  }
};

int main() {
  const unroll::Index m = 23, n = 7;
  unroll::Matrix A(m, n);
  unroll::Vector y(m);
  for (unroll::Index i = 0; i < m; ++i) {
    y[i] = std::sin(0.7 * static_cast<double>(i));
    for (unroll::Index j = 0; j < n; ++j) A(i, j) = std::cos(static_cast<double>(i * (j + 1)));
  }
  const auto problem = unroll::make_problem(Ridge{std::move(A), std::move(y)}, n, 1);
  const MomentumByHand solver{.step_size = 0.5, .momentum = 0.3};
  const unroll::Vector x0 = unroll::Vector::Ones(n), theta = unroll::Vector::Constant(1, 0.1);

  auto reverse = unroll::jacobian(problem, solver, x0, theta, {.steps = 200}, unroll::Reverse{});
  const auto forward = unroll::jacobian(problem, solver, x0, theta, {.steps = 200}, unroll::Forward{});
  const double gap = (reverse.dx - forward.dx).norm() / forward.dx.norm();

  // Arrays that the library allocated are grown and freed here.
  reverse.dx.conservativeResize(2 * n, 3);
  reverse.x = unroll::Vector::Zero(5 * n);

  if (!(gap <= 1e-12)) {
    std::printf("reverse and forward differ by %g\n", gap);
    return 1;
  }
  std::printf("ok: reverse and forward agree to %g\n", gap);
}
