// Corrected unrolling, in both forms, with what it rests on: exact identities, closed forms, the record.
#include <doctest/doctest.h>

#include "derivative/cases.hpp"
#include "support/worst.hpp"
#include "unroll/compare/instance.hpp"
#include "unroll/derivative/certify.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/problem/prox_terms.hpp"
#include "unroll/solver/backtracking.hpp"
#include "unroll/solver/conjugate_gradient.hpp"
#include "unroll/solver/proximal_gradient.hpp"
#include "unroll/theory/corrected_form.hpp"

namespace unroll {
namespace {

using test::Case;

constexpr Reverse corrected{.corrected = true};

/// The identity d − J_Tᵀw = −J_Tᵀr, relative to ‖d‖, with J_T = −H⁻¹M at x_T and r = w − Hλ.
template <class S>
double identity_gap(const Problem& problem, const S& solver, const Start& start, const Vector& theta,
                    Index steps, const Method& method) {
  const Vector w = Vector::LinSpaced(problem.dimension(), -1, 2);
  const auto run = linearise(problem, solver, start, theta, {.steps = steps}, method);
  const Vector d = run->pull(Matrix(w)).theta;
  const AdjointEstimate* const a = run->adjoint();
  REQUIRE(a != nullptr);
  const Vector x = run->record().x;
  const Vector r = w - problem.hessian(x, theta) * a->lambda;
  const Matrix J = implicit_jacobian(problem, x, theta);
  return (d - J.transpose() * (w - r)).norm() / (1 + d.norm());
}

TEST_CASE("d - J'w = -J'r exactly, by every solver, though nothing commutes and steps depend on x") {
  for (const unsigned seed : {1U, 2U, 3U}) {
    const double l = 0.05, L = 2;
    const test::QuadraticCase c = test::random_quadratic(6, 3, l, L, false, seed);
    const Start start(c.x0, c.dx0);
    const auto check = [&](const auto& solver, Index steps) {
      for (const Method& method :
           {Method(corrected), Method(Reverse{.memory_budget = 6000, .corrected = true}),
            Method(Reverse{.last_steps = steps / 2 + 1, .corrected = true})})
        CHECK(identity_gap(c.problem, solver, start, c.theta, steps, method) <= 1e-12);
    };
    check(GradientDescent::large_step(l, L), 20);
    check(HeavyBall::optimal(l, L), 20);
    check(Nesterov::optimal(l, L), 20);
    check(Chebyshev{l, L}, 20);
    check(Sobolev{{.eta = 0.3, .smallest_eigenvalue = l, .largest_eigenvalue = L}}, 20);
    check(ConjugateGradient{}, 4);
    check(Backtracking{}, 12);
  }
  const Case c = test::logistic_case();
  CHECK(identity_gap(*c.problem, GradientDescent{0.5}, c.start, c.theta, 15, corrected) <= 1e-12);
}

TEST_CASE("histories of the corrected Jacobian are the closed form at every t") {
  const double l = 0.02, L = 2;
  const test::QuadraticCase c = test::random_quadratic(6, 3, l, L, false, 5);
  const Chebyshev solver{l, L};
  const History h = jacobian_history(c.problem, solver, c.x0, c.theta, {.steps = 40}, corrected);
  const History by_blocks = jacobian_history(c.problem, solver, c.x0, c.theta, {.steps = 40},
                                             Reverse{.memory_budget = 20000, .corrected = true}, {7, 40});
  test::Worst worst;
  for (CorrectedForm form(c.problem, solver, c.x0, c.theta); form.step() <= 40; form.advance())
    worst.add((h.dx[static_cast<std::size_t>(form.step())] - form.jacobian()).norm() /
              (1 + form.jacobian().norm()));
  CHECK(worst <= 1e-11);
  CHECK((by_blocks.dx[0] - h.dx[7]).norm() <= 1e-13);
  CHECK((by_blocks.dx[1] - h.dx[40]).norm() <= 1e-13);
  const Derivative d = jacobian(c.problem, solver, c.x0, c.theta, {.steps = 40}, corrected);
  CHECK((d.dx - h.dx[40]).norm() <= 1e-13);
  CHECK(d.corrected_by == Equation::gradient);
  CHECK(jacobian(c.problem, solver, c.x0, c.theta, {.steps = 40}, Reverse{}).corrected_by ==
        Equation::automatic);
}

TEST_CASE("it costs the sweep and one product, whatever threads, budget and truncation") {
  const Case c = test::ridge_case();
  const auto solver = HeavyBall::optimal(c.spectrum.smallest, c.spectrum.largest);
  const Vector w = Vector::Ones(c.start.x.size());
  const auto by = [&](Reverse method) {
    method.certify = Certify::never;
    return vjp(*c.problem, solver, c.start, c.theta, w, {.steps = 60}, method);
  };
  const Vjp plain = by(Reverse{}), v = by(corrected);
  CHECK(v.cost.gradients == plain.cost.gradients);
  CHECK(v.cost.hessian_vector_products == plain.cost.hessian_vector_products + 1);
  CHECK(v.cost.tape_bytes <= plain.cost.tape_bytes + 60 * 8 + 256);  // a word a gradient, and the sum
  CHECK(v.dx0.isZero(0));
  CHECK((by({.threads = 2, .corrected = true}).dtheta - v.dtheta).norm() == 0);
  CHECK((by({.memory_budget = 8000, .corrected = true}).dtheta - v.dtheta).norm() <= 1e-13 * v.dtheta.norm());
  CHECK((by({.last_steps = 60, .corrected = true}).dtheta - v.dtheta).norm() <= 1e-13 * v.dtheta.norm());
}

TEST_CASE("near the minimiser of a logistic problem it is nearer to the truth than unrolling") {
  const Case c = test::logistic_case();
  const Matrix exact = make_instance(c.problem, c.theta, c.start.x).jacobian;
  for (const Index steps : {100, 200, 400}) {
    const auto error = [&](const Method& method) {
      return (jacobian(*c.problem, GradientDescent{1 / c.spectrum.largest}, c.start, c.theta,
                       {.steps = steps}, method)
                  .dx -
              exact)
          .norm();
    };
    CHECK(error(corrected) < 0.7 * error(Reverse{}));
  }
}

/// ½‖Ax − y‖²/m by proximal steps with |x|₁ θ: θ enters through the prox alone.
struct RowsMeanSquare {
  Matrix A;
  Vector y;
  template <class V>
  auto operator()(const V& x, const V&) const {
    return squared_norm(V(A * x - y)) * (0.5 / static_cast<double>(A.rows()));
  }
};

/// Momentum as a user writes it, with its own decay θ[1] beside the gradient; nothing is declared.
struct DecayedMomentum {
  template <class V>
  struct State {
    V x, velocity;
    scalar_t<V> weight;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(0.0 * x0), scalar_t<V>(0.5)};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V velocity = s.weight * s.velocity - 0.1 * f.gradient(s.x, theta);
    return {s.x + velocity - 0.05 * square(theta[0]) * s.x, velocity, 0.25 + 0.5 * s.weight};
  }
};

TEST_CASE("where theta enters elsewhere than in gradients it is the fixed point that corrects") {
  const Dataset data = test::standardised_data("auto_mpg");
  const auto problem = make_problem(RowsMeanSquare{data.values, centred(data.target)}, data.values.cols(), 1);
  const double L =
      spectrum(data.values.transpose() * data.values / static_cast<double>(data.values.rows())).largest;
  const ProximalGradient<L1> ista{1 / L, {.weight = 1, .parameter = 0}};
  const Vector theta = Vector::Constant(1, 0.05), x0 = Vector::Zero(problem.dimension());
  const Derivative exact = jacobian(problem, ista, x0, theta, {.steps = 4000}, Reverse{});
  const auto at = [&](const Method& method) {
    return jacobian(problem, ista, x0, theta, {.steps = 150}, method);
  };
  const Derivative d = at(corrected);
  CHECK(d.corrected_by == Equation::fixed_point);
  CHECK(exact.dx.norm() > 1);
  CHECK((d.dx - exact.dx).norm() <= (at(Reverse{}).dx - exact.dx).norm());
  CHECK((jacobian(problem, ista, x0, theta, {.steps = 4000}, corrected).dx - exact.dx).norm() <= 1e-9);
  // Asked for by name, the gradient's form is wrong here: the certificate tells, though r vanishes.
  const Vector w = Vector::Ones(x0.size());
  const Vjp wrong =
      vjp(problem, ista, x0, theta, w, {.steps = 4000},
          Reverse{.corrected = true, .equation = Equation::gradient, .certify = Certify::always});
  CHECK(wrong.dtheta.norm() <= 1e-12);
  CHECK(wrong.certificate.verdict == Verdict::other_equation);
}

TEST_CASE("nothing declared: what reached theta decides, states of several arrays and scalars included") {
  const Case c = test::random_case();
  const Derivative full =
      jacobian(*c.problem, DecayedMomentum{}, c.start, c.theta, {.steps = 1500}, Reverse{});
  const Vector w = Vector::LinSpaced(6, 1, 2);
  for (const Reverse& method :
       {Reverse{.corrected = true}, Reverse{.memory_budget = 30000, .corrected = true},
        Reverse{.last_steps = 1200, .corrected = true}, Reverse{.at_end = true}}) {
    const Vjp v = vjp(*c.problem, DecayedMomentum{}, c.start, c.theta, w, {.steps = 1500}, method);
    CHECK(v.corrected_by == Equation::fixed_point);
    CHECK((v.dtheta - full.dx.transpose() * w).norm() <= 1e-8 * v.dtheta.norm());
  }
  // The same steps where θ is in the gradient alone, by a solver that declares nothing either.
  const Vjp v = vjp(*c.problem, test::Averaging{0.5}, c.start, c.theta, w, {.steps = 400}, corrected);
  CHECK(v.corrected_by == Equation::gradient);
  const NoObjective none(6, 3);
  CHECK_THROWS_AS(vjp(none, GradientDescent{0.1}, Vector::Ones(6), c.theta, w, {.steps = 3}, corrected),
                  UnsupportedError);
}

TEST_CASE("at the end alone: one step's memory, the corrected sweep's derivative") {
  const test::QuadraticCase c = test::random_quadratic(6, 3, 0.1, 1, false, 4);
  const GradientDescent solver{1.0};
  const Vector w = Vector::Ones(6);
  const auto by = [&](Index steps, const Method& method) {
    return vjp(c.problem, solver, c.x0, c.theta, w, {.steps = steps}, method);
  };
  const Reverse at_end{.at_end = true, .certify = Certify::never};
  for (const Index steps : {0, 1, 7, 60}) {
    CAPTURE(steps);
    CHECK((by(steps, at_end).dtheta - by(steps, corrected).dtheta).norm() <= 1e-12);
  }
  CHECK(by(100000, at_end).cost.tape_bytes == by(100, at_end).cost.tape_bytes);
  CHECK(by(100000, at_end).cost.hessian_vector_products <= 300);  // 0.9^220 = 1e-10, and one product
  const Case logistic = test::logistic_case();
  const Matrix exact = make_instance(logistic.problem, logistic.theta, logistic.start.x).jacobian;
  const auto error = [&](const Method& method) {
    return (jacobian(*logistic.problem, GradientDescent{1 / logistic.spectrum.largest}, logistic.start,
                     logistic.theta, {.steps = 100}, method)
                .dx -
            exact)
        .norm();
  };
  CHECK(error(at_end) <= 2 * error(corrected));
}

/// ½xᵀHx, of which θ is no part.
struct Unmoved {
  Matrix H;
  template <class V>
  auto operator()(const V& x, const V&) const {
    return 0.5 * dot(x, V(H * x));
  }
};

TEST_CASE("what theta does through x0 alone is no derivative of a solution") {
  const Case c = test::ridge_case();
  const Vector w = Vector::Ones(c.start.x.size()), theta = Vector::Ones(1);
  const Index n = w.size();
  const auto problem = make_problem(Unmoved{Matrix(Vector::LinSpaced(n, 1, 2).asDiagonal())}, n, 1);
  const Start start([ones = Matrix(Matrix::Ones(n, 1))]<class V>(const V& th) -> V { return ones * th; });
  const auto by = [&](const Method& method) {
    return vjp(problem, GradientDescent{0.1}, start, theta, w, {.steps = 5}, method).dtheta.norm();
  };
  CHECK(by(Reverse{}) > 1);
  CHECK(by(corrected) == 0);
}

TEST_CASE("what cannot be corrected is refused, with what to take instead") {
  const Case c = test::random_case();
  const Vector w = Vector::Ones(6);
  const auto refused = [&](const auto& cotangent, const Method& method, const char* message) {
    CHECK_THROWS_WITH(
        vjp(*c.problem, GradientDescent{0.1}, c.start, c.theta, cotangent, {.steps = 4}, method),
        doctest::Contains(message));
  };
  refused(std::vector<IterateCotangent>{{2, w}, {4, w}}, corrected,
          "there are cotangents of earlier iterates");
  refused(std::vector<IterateCotangent>{{2, w}, {4, w}}, Reverse{.at_end = true},
          "knows the derivative of x_4 alone");
  refused(w, Reverse{.memory_budget = 9000, .at_end = true}, "at_end holds one step at a time");
  refused(w, Reverse{.at_end = true, .tolerance = 0}, "tolerance is 0");
  // The steps of a solver that has stopped moving are made of rounding at x_T: nothing is claimed.
  CHECK_THROWS_WITH_AS(vjp(*c.problem, ConjugateGradient{}, c.start, c.theta, w, {.steps = 40},
                           Reverse{.at_end = true, .certify = Certify::always}),
                       doctest::Contains("do not contract"), NumericalError);
}

}  // namespace
}  // namespace unroll
