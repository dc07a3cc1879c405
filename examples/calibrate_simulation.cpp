// Five rate constants of a stiff chain of reactions, calibrated to noisy measurements: implicit Euler, whose
// every step is the root of an equation, and the gradient of the misfit through all of the steps.
#include <Eigen/LU>
#include <unroll/unroll.hpp>

#include "gallery.hpp"

using namespace unroll;

constexpr Index species = 12, rates = 5, times = 80;
constexpr Index watched[] = {0, 4, 11};  // the species that are measured

// Rates of change of the concentrations u: a source, transport from each species to the next that becomes a
// hundred times faster along the chain, a reaction of second order and a leak. θ holds logarithms.
struct Chain {
  double h;        // time step
  Matrix forward;  // (F u)_i = c_{i−1} u_{i−1} − c_i u_i, c_i from 1 to 100
  // Where ∂F/∂u⁺ is not zero: three products make it, in place of one for each species.
  SparsePattern band = SparsePattern::band(species, 1, 0);
  SparsePattern pattern() const { return band; }
  Chain() : h(0.05), forward(Matrix::Zero(species, species)) {
    for (Index i = 0; i < species; ++i) {
      const double c = std::pow(100.0, static_cast<double>(i) / (species - 1));
      forward(i, i) -= c;
      if (i + 1 < species) forward(i + 1, i) += c;
    }
  }
  template <class V>
  V change(const V& u, const V& theta) const {
    const V k = exp(theta);
    const Vector first = Vector::Unit(species, 0), slow = Vector::LinSpaced(species, 1, 0);
    return k[0] * V(forward * u) + k[1] * V(first) - k[2] * V(square(u)) - k[3] * V(cwise_product(slow, u)) +
           0.1 * k[4] * V(sin(u));
  }
  // F(u⁺; u, θ) = u⁺ − u − h change(u⁺, θ), with the parameters (u, θ).
  template <class V>
  V operator()(const V& next, const V& parameters) const {
    const V u = head(parameters, species), theta = tail(parameters, rates);
    return V(next - u) - V(h * change(next, theta));
  }
};

// Four steps of Newton's method with the Jacobian written by hand: a solver that the library knows nothing
// of.
struct NewtonByHand {
  Chain chain;
  Vector operator()(const Vector& guess, const Vector& parameters) const {
    const Vector u = parameters.head(species), theta = parameters.tail(rates), k = theta.array().exp(),
                 slow = Vector::LinSpaced(species, 1, 0);
    Vector next = guess;
    for (int i = 0; i < 4; ++i) {
      const Vector F = next - u - chain.h * chain.change(next, theta);
      Matrix J = Matrix::Identity(species, species) - chain.h * k[0] * chain.forward;
      J.diagonal().array() -=
          chain.h * (-2 * k[2] * next.array() - k[3] * slow.array() + 0.1 * k[4] * next.array().cos());
      next -= J.partialPivLu().solve(F);
    }
    return next;
  }
};

template <class S>
struct Misfit {
  S solver;
  Index steps;  // of the solver, for a step in time
  TemplateRoot<Chain> step = make_root(Chain{}, species, species + rates);
  Vector measured;  // of those species, at every time
  Method method = Implicit{.certify = Certify::never};

  // What would be measured.
  template <class V>
  V simulate(const V& theta) const {
    V u = V(Vector(Vector::Constant(species, 0.1)));
    std::vector<scalar_t<V>> seen;
    for (Index t = 0; t < times; ++t) {
      const Vector guess = value_of(u);
      u = solution(step, solver, guess, V(concatenate(u, theta)), {.steps = steps}, method);
      for (const Index i : watched) seen.push_back(u[i]);
    }
    return V(assemble(seen));
  }
  template <class V>
  scalar_t<V> operator()(const V& theta, const V&) const {
    return squared_norm(V(simulate(theta) - measured)) / static_cast<double>(measured.size());
  }
};

// The misfit by Eigen alone.
double plain(const NewtonByHand& newton, const Vector& measured, const Vector& theta) {
  Vector u = Vector::Constant(species, 0.1);
  double sum = 0;
  for (Index t = 0, k_seen = 0; t < times; ++t) {
    Vector parameters(species + rates);
    parameters << u, theta;
    u = newton(u, parameters);
    for (const Index i : watched) sum += std::pow(u[i] - measured[k_seen++], 2);
  }
  return sum / static_cast<double>(measured.size());
}

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "calibrate_simulation");
  const Vector truth{{0.3, 0.8, -0.9, -0.4, 0.2}}, guess = Vector::Constant(rates, -0.5);
  Misfit<Newton> misfit{.solver = Newton{}, .steps = 4, .measured = Vector::Zero(3 * times)};
  NormalGenerator normal(3);
  misfit.measured = misfit.simulate(truth) + 1e-3 * normal.vector(3 * times);

  // Its gradient where the Jacobian in Newton's steps is the library's, and where it is by hand.
  const Misfit<BlackBox<NewtonByHand>> by_hand{
      .solver = {NewtonByHand{}}, .steps = 1, .measured = misfit.measured};
  const auto gradient_of = [](const auto& f) {
    return [&f](const Vector& theta) { return gradient([&f](const auto& t) { return f(t, t); }, theta); };
  };
  const auto value = [&](const Vector& t) { return plain(NewtonByHand{}, misfit.measured, t); };
  bool right = examples::check(value, gradient_of(misfit), guess, arguments);
  right = examples::check(value, gradient_of(by_hand), guess, arguments) && right;

  // The misfit is an objective like any other.
  const auto problem = make_problem(misfit, rates, 0);
  examples::Progress progress;
  const auto observer = [&](Index t, const Vector&) {
    progress.show(fmt::format("{} of at most 150 steps", t), t, Index{150});
  };
  const Trajectory run =
      solve(problem, Lbfgs{}, guess, Vector(0), {.steps = 150, .tolerance = 1e-7, .observer = observer});
  progress.clear();
  Table table({"rate", "guess", "found", "truth"});
  for (Index i = 0; i < rates; ++i)
    table.add_row({fmt::format("k{}", i), fmt::format("{:.3f}", std::exp(guess[i])),
                   fmt::format("{:.3f}", std::exp(run.x()[i])), fmt::format("{:.3f}", std::exp(truth[i]))});
  Figure figure =
      examples::figure("calibrate_simulation", "Misfit of a stiff simulation", "outer step", "misfit");
  examples::add_curve(figure, "L-BFGS", run, [&](const Vector& theta) { return misfit(theta, theta); });
  examples::show(table, figure, arguments);
  const double noise = misfit(truth, truth), reached = misfit(run.x(), run.x());
  fmt::print("misfit {:.2e} after {} steps, {:.2e} of the truth, which is noise\n", reached, run.steps,
             noise);
  return right && reached <= 1.05 * noise ? 0 : 1;
}
