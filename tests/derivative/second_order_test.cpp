#include "unroll/derivative/second_order.hpp"

#include <doctest/doctest.h>

#include "derivative/cases.hpp"
#include "problem/differences.hpp"
#include "unroll/compare/instance.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/prox_terms.hpp"
#include "unroll/solver/proximal_gradient.hpp"

namespace unroll {
namespace {

using test::Case;

TEST_CASE("second derivatives of w'x* are right on affine quadratics and on others") {
  for (const Case& c :
       {test::ridge_case(), test::random_case(), test::logistic_case(), test::template_case()}) {
    CAPTURE(c.name);
    const Index n = c.start.x.size(), p = c.theta.size();
    const Vector w = Vector::LinSpaced(n, -1, 2), v = Vector::LinSpaced(p, 0.5, 2);
    const auto minimiser = [&](const Vector& theta) {
      return c.quadratic() ? c.quadratic()->minimiser(theta) : newton_minimiser(*c.problem, theta);
    };
    const auto pulled = [&](const Vector& theta) {
      return implicit_vjp(*c.problem, minimiser(theta), theta, w);
    };
    const double h = 1e-5 * c.theta.norm() / v.norm();
    const Vector slope = (pulled(c.theta + h * v) - pulled(c.theta - h * v)) / (2 * h);
    const SecondVjp second = implicit_second_vjp(*c.problem, minimiser(c.theta), c.theta, w, v);
    CHECK((second.dtheta - pulled(c.theta)).norm() <= 1e-11 * second.dtheta.norm());
    CHECK((second.dtheta_dot - slope).norm() <= 1e-6 * slope.norm());
  }
}

TEST_CASE("the Hessian of w'x* is symmetric to rounding") {
  for (const Case& c : {test::random_case(), test::template_case()}) {
    CAPTURE(c.name);
    const Index n = c.start.x.size(), p = c.theta.size();
    const Vector x =
        c.quadratic() ? c.quadratic()->minimiser(c.theta) : newton_minimiser(*c.problem, c.theta);
    Matrix hessian(p, p);
    for (Index i = 0; i < p; ++i)
      hessian.col(i) =
          implicit_second_vjp(*c.problem, x, c.theta, Vector::LinSpaced(n, -1, 2), Vector::Unit(p, i))
              .dtheta_dot;
    CHECK((hessian - hessian.transpose()).norm() <= 1e-12 * hessian.norm());
  }
}

TEST_CASE("second derivatives of a run are implicit: unrolling refuses") {
  const Case c = test::random_case();
  const GradientDescent solver = GradientDescent::large_step(c.spectrum.smallest, c.spectrum.largest);
  const Vector w = Vector::Ones(6), v = Vector::Ones(3);
  const SolveOptions options{.steps = 2000};
  const SecondVjp at_end = second_vjp(*c.problem, solver, c.start, c.theta, w, v, options, Implicit{});
  const Vector x = c.quadratic()->minimiser(c.theta);
  CHECK((at_end.dtheta_dot - implicit_second_vjp(*c.problem, x, c.theta, w, v).dtheta_dot).norm() <=
        1e-9 * at_end.dtheta_dot.norm());
  CHECK(at_end.steps == 2000);
  CHECK(at_end.cost.hessian_vector_products > 0);
  // ∇f = 0 is not what a prox step solves, nor what is known of a solver that declares nothing.
  const ProximalGradient<L1> prox{0.1, {.weight = 0.5}};
  CHECK_THROWS_WITH_AS(second_vjp(*c.problem, prox, c.start, c.theta, w, v, options, Implicit{}),
                       doctest::Contains("take Reverse{}"), UnsupportedError);
  CHECK_THROWS_AS(second_vjp(*c.problem, solver, c.start, c.theta, w, v, options,
                             Implicit{.equation = Equation::fixed_point}),
                  UnsupportedError);
  CHECK_THROWS_AS(second_vjp(*c.problem, solver, c.start, c.theta, w, v, options, Reverse{.threads = 0}),
                  DomainError);
  CHECK_THROWS_AS(implicit_second_vjp(*c.problem, x, c.theta, v, v), ShapeError);
  CHECK_THROWS_AS(implicit_second_vjp(*c.problem, x, c.theta, w, w), ShapeError);
}

}  // namespace
}  // namespace unroll
