#include "unroll/theory/probing.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "derivative/custom_solvers.hpp"
#include "solver/random_quadratic.hpp"
#include "support/texts.hpp"
#include "support/worst.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/theory/closed_form.hpp"
#include "unroll/theory/residual_polynomial.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

namespace unroll {
namespace {

using test::contains;
using test::QuadraticCase;
using test::random_quadratic;

/// The largest differences of values and of divided differences, relative to the largest so far, for t ≤ 200.
template <class M>
double gap(const M& method) {
  const Vector lambda{{0.02, 0.02, 0.0200001, 0.1, 0.7, 1.3, 2}};
  DividedDifferences derived(method, lambda), probed(probed_recurrence(method), lambda);
  test::Worst most, value, difference;
  value.add(1);
  for (Index t = 1; t <= 200; ++t) {
    derived.advance();
    probed.advance();
    value.add(derived.polynomial().cwiseAbs().eval());
    difference.add(derived.value().cwiseAbs().eval());
    most.add(test::largest((derived.polynomial() - probed.polynomial()).cwiseAbs()) / value);
    most.add(test::largest((derived.value() - probed.value()).cwiseAbs()) / difference);
  }
  return most;
}

TEST_CASE("the polynomial that a solver's own steps give is the derived one, with its divided differences") {
  const double l = 0.02, L = 2;
  CHECK(gap(GradientDescent::short_step(L)) <= 1e-10);
  CHECK(gap(GradientDescent::large_step(l, L)) <= 1e-10);
  CHECK(gap(HeavyBall::optimal(l, L)) <= 1e-10);
  CHECK(gap(Nesterov::optimal(l, L)) <= 1e-10);
  CHECK(gap(Chebyshev{l, L}) <= 1e-10);
  CHECK(gap(Sobolev{{.eta = 0.3, .smallest_eigenvalue = l, .largest_eigenvalue = L}}) <= 1e-10);
}

TEST_CASE("a user's linear solver gets its closed form, commuting or not") {
  for (const bool commuting : {true, false}) {
    const QuadraticCase c = random_quadratic(6, 2, 0.05, 2, commuting, 4);
    const test::Averaging solver{0.4};
    ClosedForm form(c.problem, probed_recurrence(solver, c.theta), c.x0, c.theta, c.dx0);
    const History run =
        jacobian_history(c.problem, solver, Start(c.x0, c.dx0), c.theta, {.steps = 60}, Forward{});
    for (std::size_t t = 0; t < run.dx.size(); ++t) {
      CHECK((form.jacobian() - run.dx[t]).norm() <= 1e-11 * (1 + run.dx[t].norm()));
      CHECK((form.x() - run.x[t]).norm() <= 1e-11 * (1 + run.x[t].norm()));
      form.advance();
    }
  }
}

TEST_CASE("a copy of a probed recurrence goes on by itself") {
  ResidualPolynomial polynomial(probed_recurrence(test::Averaging{0.4}), Vector{{0.5, 1.0}});
  for (int t = 0; t < 5; ++t) polynomial.advance();
  ResidualPolynomial copy = polynomial;
  copy.advance();
  polynomial.advance();
  CHECK(copy.value() == polynomial.value());
}

/// The message of the UnsupportedError within 30 steps, empty if there is none.
template <class S>
std::string refusal(const S& solver, const Vector& theta = {}) {
  ResidualPolynomial polynomial(probed_recurrence(solver, theta), Vector{{0.05, 0.4, 1.0, 2.0}});
  try {
    for (int t = 0; t < 30; ++t) polynomial.advance();
  } catch (const UnsupportedError& error) {
    return error.what();
  }
  return {};
}

/// Steps from one place to the next, over plain arrays.
template <class F>
struct By {
  F next;
  State<Vector> step(const Oracle<Vector>& f, const State<Vector>& s, const Vector& theta, Index t) const {
    return {next(f, s.x, theta, t)};
  }
};
template <class F>
By(F) -> By<F>;

TEST_CASE("a solver without a residual polynomial is refused, with the reason") {
  const auto normalised = [](const auto& f, const Vector& x, const Vector& theta, Index) -> Vector {
    const Vector g = f.gradient(x, theta);
    return x - 0.1 / (1 + g.norm()) * g;
  };
  CHECK(contains(refusal(By{normalised}), "at t = 1, from -1000 times x_0 - x*"));

  CHECK(contains(refusal(test::Restarting{0.5}), "not linear"));

  const auto steepest = [](const auto& f, const Vector& x, const Vector& theta, Index) -> Vector {
    const Vector g = f.gradient(x, theta);  // homogeneous, but not additive
    const Vector curved = f.gradient(x + g, theta) - g;
    return x - 0.9 * g.squaredNorm() / std::max(g.dot(curved), 1e-300) * g;
  };
  CHECK(contains(refusal(By{steepest}), "x_t - x* is not P_t(H)(x_0 - x*)"));

  const auto by_coordinate = [](const auto& f, const Vector& x, const Vector& theta, Index) -> Vector {
    return x - Vector::LinSpaced(x.size(), 0.1, 0.4).cwiseProduct(f.gradient(x, theta));
  };
  CHECK(contains(refusal(By{by_coordinate}), "not the same for all coordinates"));

  const auto decaying = [](const auto& f, const Vector& x, const Vector& theta, Index) -> Vector {
    return 0.9 * x - 0.1 * f.gradient(x, theta);
  };
  CHECK(!refusal(By{decaying}).empty());

  const auto backtracking = [](const auto& f, const Vector& x, const Vector& theta, Index) -> Vector {
    const Vector g = f.gradient(x, theta);
    double h = 4;
    while (f.value(x - h * g, theta) > f.value(x, theta)) h /= 2;
    return x - h * g;
  };
  CHECK(contains(refusal(By{backtracking}), "asks for the value of f"));

  const auto newton = [](const auto& f, const Vector& x, const Vector& theta, Index) -> Vector {
    return x - 0.01 * f.problem().hessian(x, theta) * f.gradient(x, theta);
  };
  CHECK(contains(refusal(By{newton}), "second derivatives"));
}

TEST_CASE("a step that depends on t or reads theta has a residual polynomial, and so has one that diverges") {
  const auto fading = [](const auto& f, const Vector& x, const Vector& theta, Index t) -> Vector {
    return x - theta[0] / (1.0 + static_cast<double>(t)) * f.gradient(x, theta);
  };
  CHECK(refusal(By{fading}, Vector{{0.5}}).empty());
  CHECK(refusal(GradientDescent{1e30}).empty());
}

TEST_CASE("a solver with wrong options is refused before it runs") {
  CHECK_THROWS_AS(probed_recurrence(GradientDescent{-1}), DomainError);
}

}  // namespace
}  // namespace unroll
