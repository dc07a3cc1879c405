#include <doctest/doctest.h>

#include "derivative/cases.hpp"
#include "problem/differences.hpp"
#include "unroll/derivative/jacobian.hpp"

namespace unroll {
namespace {

using test::Case;
using test::cases;

template <class S, class Method>
void check_products(const Case& c, const S& solver, const Method& method, double tolerance) {
  test::Random random(3);
  const Vector w = random.vector(c.start.x.size()), v = random.vector(c.theta.size());
  const SolveOptions options{.steps = 30};
  const Derivative d = jacobian(*c.problem, solver, c.start, c.theta, options, method);
  const Vjp pulled = vjp(*c.problem, solver, c.start, c.theta, w, options, method);
  const Jvp pushed = jvp(*c.problem, solver, c.start, c.theta, v, options, method);
  CHECK((pulled.dtheta - d.dx.transpose() * w).norm() <= tolerance * d.dx.norm() * w.norm());
  CHECK((pushed.dx - d.dx * v).norm() <= tolerance * d.dx.norm() * v.norm());
  CHECK(pulled.x == d.x);
  CHECK(pushed.x == d.x);
  CHECK(pulled.steps == 30);
  CHECK(pushed.steps == 30);
}

TEST_CASE("jacobian, vjp and jvp of one method say the same, for every problem and method") {
  for (const Case& c : cases()) {
    CAPTURE(c.name);
    const auto check = [&](const auto& solver) {
      check_products(c, solver, Reverse{}, 1e-12);
      check_products(c, solver, Forward{}, 1e-12);
      check_products(c, solver, Implicit{}, 1e-10);
    };
    check(Chebyshev{c.spectrum.smallest, c.spectrum.largest});
    check(test::Restarting{1 / c.spectrum.largest});
  }
}

TEST_CASE("a pullback to the start point is the derivative of the run in its start, by both modes") {
  test::Random random(4);
  for (const Case& c : cases()) {
    CAPTURE(c.name);
    const test::Restarting solver{1 / c.spectrum.largest};
    const SolveOptions options{.steps = 10};
    const Vector w = random.vector(c.start.x.size());
    const Vjp reverse = vjp(*c.problem, solver, c.start, c.theta, w, options);
    const Vjp forward = vjp(*c.problem, solver, c.start, c.theta, w, options, Forward{});
    const auto end = [&](const Vector& x0) {
      return w.dot(solve(*c.problem, solver, x0, c.theta, options).x());
    };
    const Matrix slope = test::central_differences(end, c.start.x);
    CHECK((reverse.dx0 - forward.dx0).norm() <= 1e-12 * w.norm());
    CHECK((reverse.dx0 - slope.transpose()).norm() <= 1e-6 * w.norm());
    CHECK(vjp(*c.problem, solver, c.start, c.theta, w, options, Implicit{}).dx0 == Vector::Zero(w.size()));
  }
}

}  // namespace
}  // namespace unroll
