// A solver without an objective: the equilibrium of a user's map Φ, and how an outer loss of it depends on
// every parameter, by one sweep back through the iteration.
//
// Eight stations exchange heat along a ring, each with its own heater θ_i, and radiate it away: the
// temperatures settle where x = Φ(x, θ).
#include <fmt/core.h>

#include <unroll/unroll.hpp>

#include "gallery.hpp"

using unroll::Index;
using unroll::Matrix;
using unroll::Vector;

// One sweep of a relaxed fixed-point iteration: x_i ← x_i + relaxation (θ_i + Σ_j C_ij (x_j − x_i) − σ x_i⁴).
struct Radiation {
  Matrix exchange;  // n×n: Σ_j C_ij (x_j − x_i) as one matrix
  double sigma, relaxation;

  template <class V>
  unroll::State<V> step(const unroll::Oracle<V>&, const unroll::State<V>& s, const V& heat, Index) const {
    const V balance = heat + exchange * s.x - sigma * unroll::pow(s.x, 4);
    return {s.x + relaxation * balance};
  }
};
static_assert(unroll::Solver<Radiation>);

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "fixed_point");
  const Index n = 8;
  Matrix exchange = Matrix::Zero(n, n);
  for (Index i = 0; i < n; ++i) {
    for (const Index j : {(i + 1) % n, (i + n - 1) % n}) {
      exchange(i, j) += 0.5;
      exchange(i, i) -= 0.5;
    }
  }
  const Radiation map{exchange, 0.1, 0.2};
  const unroll::NoObjective problem(n, n);
  const Vector x0 = Vector::Ones(n), heat{{2.0, 0.1, 0.0, 0.3, 1.0, 0.0, 0.2, 0.1}};

  // The outer loss ½‖x − 1.5‖²: how uneven the temperatures are. Its cotangent is x − 1.5.
  const unroll::SolveOptions options{.steps = 2000, .tolerance = 1e-14};
  const unroll::Trajectory run = solve(problem, map, x0, heat, options);
  const Vector cotangent = run.x().array() - 1.5;
  const unroll::Vjp reverse = vjp(problem, map, x0, heat, cotangent, options, unroll::Reverse{});
  const unroll::Vjp forward = vjp(problem, map, x0, heat, cotangent, options, unroll::Forward{});

  // What analysis says of a fixed point: 0 = heat + C x − σ x⁴, so (4σ diag(x³) − C) ∂x = I.
  Matrix lhs = -exchange;
  lhs.diagonal().array() += 4 * map.sigma * run.x().array().cube();
  const Vector analytic = unroll::solve_lu(Matrix(lhs.transpose()), cotangent);

  fmt::print("{}\n\n", run.message());
  fmt::print("{:>3} {:>8} {:>12} {:>14} {:>14} {:>14}\n", "i", "heat", "temperature", "reverse", "forward",
             "analytic");
  for (Index i = 0; i < n; ++i) {
    fmt::print("{:>3} {:>8.2f} {:>12.6f} {:>14.8f} {:>14.8f} {:>14.8f}\n", i, heat[i], run.x()[i],
               reverse.dtheta[i], forward.dtheta[i], analytic[i]);
  }
  const double gap = (reverse.dtheta - forward.dtheta).norm() / forward.dtheta.norm();
  const double error = (reverse.dtheta - analytic).norm() / analytic.norm();
  fmt::print("\nrelative gap of reverse to forward: {:.1e}, to analysis: {:.1e}\n", gap, error);

  auto figure = examples::figure("fixed_point", "Stations that settle", "step t", "relative error", 1e-12);
  examples::add_curve(figure, "temperatures", run,
                      [&](const Vector& x) { return (x - run.x()).norm() / run.x().norm(); });
  examples::add_curve(figure, "what the loss gains by heat", {1, 2, 5, 10, 20, 50, 100, 200, 400},
                      [&](double t) {
                        const unroll::Vjp early =
                            vjp(problem, map, x0, heat, cotangent, {.steps = Index(t)}, unroll::Reverse{});
                        return (early.dtheta - analytic).norm() / analytic.norm();
                      });
  examples::draw(figure, arguments.directory);
  return gap < 1e-12 && error < 1e-9 ? 0 : 1;
}
