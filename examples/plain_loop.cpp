// The plain loop: differentiate a run that you step yourself, with a tape, an oracle and one sweep.
//
// `vjp` does this, and more: it checks its arguments, stops, watches for what is not finite, keeps within a
// memory budget, certifies. Where none of that is wanted, or the loop is not one of the library's, this is
// all there is.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <unroll/unroll.hpp>

#include "gallery.hpp"

using unroll::Index;
using unroll::Matrix;
using unroll::VarVector;
using unroll::Vector;

// A deep equilibrium layer, z = tanh(W z + θ), iterated: no objective, θ as large as z.
struct Layer {
  Matrix W;
  template <class V>
  unroll::State<V> step(const unroll::Oracle<V>&, const unroll::State<V>& s, const V& theta, Index) const {
    return {unroll::tanh(V(W * s.x + theta))};
  }
};

// ∂z_T(θ)ᵀ w: record T steps, then pull w back from z_T to θ.
Vector by_hand(const unroll::Problem& problem, const Layer& layer, const Vector& z0, const Vector& theta,
               const Vector& w, Index steps) {
  unroll::Tape tape;
  tape.refer_to(layer);  // W lives in it: no copy for the sweep
  const VarVector taped = tape.input(theta);
  const unroll::Oracle<VarVector> f(problem);
  unroll::State<VarVector> state{tape.input(z0)};
  for (Index t = 0; t < steps; ++t) state = layer.step(f, state, taped, t);
  return tape.sweep(state.x, w).adjoint(taped);
}

// The median of eleven calls, in milliseconds.
template <class F>
double milliseconds(const F& f) {
  std::array<double, 11> times{};
  for (double& time : times) {
    const auto start = std::chrono::steady_clock::now();
    f();
    time = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  std::nth_element(times.begin(), times.begin() + 5, times.end());
  return times[5];
}

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "plain_loop");
  const Index n = 200, steps = 100;
  const Layer layer{
      Matrix::NullaryExpr(n, n, [](Index i, Index j) { return 0.03 * std::sin(double(7 * i + 3 * j)); })};
  const unroll::NoObjective problem(n, n);
  const Vector z0 = Vector::Zero(n), theta = Vector::LinSpaced(n, -1, 1), w = Vector::Ones(n);

  const Vector plain = by_hand(problem, layer, z0, theta, w, steps);
  const unroll::Vjp v = vjp(problem, layer, z0, theta, w, {.steps = steps}, unroll::Reverse{});
  const double gap = (plain - v.dtheta).norm() / plain.norm();
  fmt::print("relative gap of the plain loop to vjp: {:.1e}\n", gap);

  const double hand = milliseconds([&] { by_hand(problem, layer, z0, theta, w, steps); });
  const double library =
      milliseconds([&] { vjp(problem, layer, z0, theta, w, {.steps = steps}, unroll::Reverse{}); });
  fmt::print("the plain loop {:.2f} ms, vjp {:.2f} ms: {:.2f} times\n", hand, library, library / hand);

  auto figure = examples::figure("plain_loop", "A layer that settles", "steps",
                                 "gradient, from that of 100 steps", 1e-14);
  examples::add_curve(figure, "plain loop", {1, 2, 3, 4, 5, 7, 10, 14, 20, 28, 40}, [&](double t) {
    return (by_hand(problem, layer, z0, theta, w, Index(t)) - plain).norm() / plain.norm();
  });
  examples::draw(figure, arguments.directory);
  return gap < 1e-13 ? 0 : 1;
}
