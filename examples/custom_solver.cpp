// A solver of your own and the Jacobian of its result: write one step, and every derivative method works.
#include <fmt/core.h>

#include <unroll/unroll.hpp>

#include "gallery.hpp"

using unroll::Index;
using unroll::Matrix;
using unroll::Vector;

// Nesterov's momentum, dropped whenever it points uphill (O'Donoghue & Candès 2015).
struct RestartedMomentum {
  double step_size;

  template <class V>
  struct State {  // whatever the solver remembers, the iterate x first
    V x, previous;
    int age;  // steps since the last restart
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, x0, 0};
  }
  template <class V>
  State<V> step(const unroll::Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V y = s.x + s.age / (s.age + 3.0) * (s.x - s.previous);
    const V gradient = f.gradient(y, theta);
    const V next = y - step_size * gradient;
    const bool uphill = unroll::dot(gradient, V(next - s.x)) > 0;
    return {next, s.x, uphill ? 0 : s.age + 1};
  }
};
static_assert(unroll::Solver<RestartedMomentum>);

// The problem to solve, min_x f(x, θ): regression by a smooth absolute value, each of its two terms weighted.
struct Regression {
  Matrix A;
  Vector b;

  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const V residual = A * x - b;
    const auto loss =
        unroll::sum(unroll::softplus(residual)) + unroll::sum(unroll::softplus(-1.0 * residual));
    return theta[0] * loss + 0.5 * theta[1] * unroll::squared_norm(x);
  }
};

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "custom_solver");
  const Matrix A{{1.0, 0.2, -0.4}, {0.3, -1.0, 0.1}, {0.5, 0.6, 1.0}, {-0.7, 0.1, 0.9}};
  const Vector b{{1.0, -2.0, 0.5, 3.0}};
  const auto problem = unroll::make_problem(Regression{A, b}, 3, 2);
  const Vector theta{{1.0, 0.1}};
  const Vector x0 = Vector::Zero(3);

  // ∂x_T(θ): backwards through the recorded steps, forwards along with them, and that of the minimiser.
  const RestartedMomentum solver{.step_size = 0.5};
  const unroll::SolveOptions options{.steps = 300};
  const unroll::Derivative reverse = jacobian(problem, solver, x0, theta, options, unroll::Reverse{});
  const unroll::Derivative forward = jacobian(problem, solver, x0, theta, options, unroll::Forward{});
  const unroll::Derivative implicit = jacobian(problem, solver, x0, theta, options, unroll::Implicit{});

  fmt::print("after {} steps\n\n", reverse.steps);
  fmt::print("{:>3} {:>12} {:>14} {:>14}\n", "i", "x", "dx/dtheta_0", "dx/dtheta_1");
  for (Index i = 0; i < x0.size(); ++i) {
    fmt::print("{:>3} {:>12.6f} {:>14.6f} {:>14.6f}\n", i, reverse.x[i], reverse.dx(i, 0), reverse.dx(i, 1));
  }
  const double gap = (reverse.dx - forward.dx).norm() / forward.dx.norm();
  const double error = (reverse.dx - implicit.dx).norm() / implicit.dx.norm();
  fmt::print("\nrelative gap of reverse to forward: {:.1e}, to implicit: {:.1e}\n", gap, error);

  // The whole run: x_t converges at once, its derivative after it.
  std::vector<Index> all(101);
  std::iota(all.begin(), all.end(), 0);
  const unroll::History h = jacobian_history(problem, solver, x0, theta, options, unroll::Forward{}, all);
  const std::vector<double> ts(all.begin() + 1, all.end());
  auto figure = examples::figure("custom_solver", "Restarted momentum", "step t", "relative error", 1e-12);
  examples::add_curve(figure, "x_t", ts, [&](double t) {
    return (h.x[std::size_t(t)] - implicit.x).norm() / implicit.x.norm();
  });
  examples::add_curve(figure, "its Jacobian", ts, [&](double t) {
    return (h.dx[std::size_t(t)] - implicit.dx).norm() / implicit.dx.norm();
  });
  examples::draw(figure, arguments.directory);
  return gap < 1e-12 && error < 1e-8 ? 0 : 1;
}
