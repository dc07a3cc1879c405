// Five rate constants of a stiff chain of reactions, calibrated to noisy measurements: implicit Euler, whose
// every step is the root of an equation, and the gradient of the misfit through all of the steps.
#include <Eigen/LU>
#include <unroll/unroll.hpp>

#include "gallery.hpp"

using namespace unroll;

constexpr Index species = 12, times = 80;
constexpr Index watched[] = {0, 4, 11};  // the species that are measured

template <class V>
struct Rates {
  scalar_t<V> transport, source, pairing, leak, ripple;
};
const Rates<Vector> rates{};
template <class V>
struct Given {  // the parameters of a step in time
  V u, theta;   // where it starts, the logarithms of the rates
};
const Given<Vector> given{Vector(species), pack(rates)};

// Rates of change of the concentrations u: a source, transport from each species to the next that becomes a
// hundred times faster along the chain, a reaction of second order, a leak and a ripple.
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
    const Rates<V> k = unpack(exp(theta), rates);
    const Vector first = Vector::Unit(species, 0), slow = Vector::LinSpaced(species, 1, 0);
    return k.transport * V(forward * u) + k.source * V(first) - k.pairing * V(square(u)) -
           k.leak * V(cwise_product(slow, u)) + 0.1 * k.ripple * V(sin(u));
  }
  // F(u⁺; u, θ) = u⁺ − u − h change(u⁺, θ), given (u, θ).
  template <class V>
  V operator()(const V& next, const V& parameters) const {
    const auto [u, theta] = unpack(parameters, given);
    return V(next - u) - V(h * change(next, theta));
  }
};

// Four steps of Newton's method with the Jacobian written by hand: a solver that the library knows nothing
// of.
struct NewtonByHand {
  Chain chain;
  Vector operator()(const Vector& guess, const Vector& parameters) const {
    const auto [u, theta] = unpack(parameters, given);
    const Rates<Vector> k = unpack(exp(theta), rates);
    const Vector slow = Vector::LinSpaced(species, 1, 0);
    Vector next = guess;
    for (int i = 0; i < 4; ++i) {
      const Vector F = next - u - chain.h * chain.change(next, theta);
      Matrix J = Matrix::Identity(species, species) - chain.h * k.transport * chain.forward;
      J.diagonal().array() -= chain.h * (-2 * k.pairing * next.array() - k.leak * slow.array() +
                                         0.1 * k.ripple * next.array().cos());
      next -= J.partialPivLu().solve(F);
    }
    return next;
  }
};

template <class S>
struct Misfit {
  S solver;
  Index steps;  // of the solver, for a step in time
  TemplateRoot<Chain> step = make_root(Chain{}, species, packed_size(given));
  Vector measured;  // of those species, at every time
  Method method = Implicit{.certify = Certify::never};

  // What would be measured.
  template <class V>
  V simulate(const V& theta) const {
    V u = V(Vector(Vector::Constant(species, 0.1)));
    std::vector<scalar_t<V>> seen;
    for (Index t = 0; t < times; ++t) {
      const Vector guess = value_of(u);
      u = solution(step, solver, guess, pack(Given<V>{u, theta}), {.steps = steps}, method);
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
    u = newton(u, pack(Given<Vector>{u, theta}));
    for (const Index i : watched) sum += std::pow(u[i] - measured[k_seen++], 2);
  }
  return sum / static_cast<double>(measured.size());
}

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "calibrate_simulation");
  const Vector truth{{0.3, 0.8, -0.9, -0.4, 0.2}}, guess = Vector::Constant(packed_size(rates), -0.5);
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
  const auto problem = make_problem(misfit, guess.size(), 0);
  examples::Progress progress;
  const auto observer = [&](Index t, const Vector&) {
    progress.show(fmt::format("{} of at most 150 steps", t), t, Index{150});
  };
  const Trajectory run =
      solve(problem, Lbfgs{}, guess, Vector(0), {.steps = 150, .tolerance = 1e-7, .observer = observer});
  progress.clear();
  Table table({"rate", "guess", "found", "truth"});
  for (Index i = 0; i < guess.size(); ++i)
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
