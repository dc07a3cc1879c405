#include <doctest/doctest.h>

#include "derivative/cases.hpp"
#include "problem/differences.hpp"
#include "support/worst.hpp"
#include "unroll/derivative/implicit.hpp"
#include "unroll/theory/closed_form.hpp"

namespace unroll {
namespace {

using test::Case;
using test::cases;
using test::NamedSolver;
using test::solvers;

/// max over t of ‖a_t − b_t‖/max(scale, ‖b_t‖); NaN for another number of entries.
template <class A>
double largest_gap(const std::vector<A>& a, const std::vector<A>& b, double scale) {
  test::Worst largest;
  for (std::size_t t = 0; a.size() == b.size() && t < a.size(); ++t)
    largest.add((a[t] - b[t]).norm() / std::max(scale, b[t].norm()));
  return largest;
}

/// ‖∂x*‖: exact for a quadratic, else from −H⁻¹M at the run's end.
double scale_of(const Case& c, const Vector& end) {
  return c.quadratic() ? c.quadratic()->minimiser_jacobian(c.theta).norm()
                       : implicit_jacobian(*c.problem, end, c.theta).norm();
}

TEST_CASE("reverse mode is forward mode at every t, for every problem and solver") {
  for (const Case& c : cases()) {
    for (const NamedSolver& solver : solvers(c)) {
      CAPTURE(c.name);
      CAPTURE(solver.name);
      const Index steps = solver.claims.steps(c);
      const SolveOptions options{.steps = steps};
      const History forward = solver.forward(c, options), reverse = solver.reverse(c, options);
      CHECK(static_cast<Index>(forward.t.size()) == steps + 1);
      CHECK(forward.t == reverse.t);
      CHECK(largest_gap(forward.x, reverse.x, 1) <= solver.claims.agreement);
      CHECK(largest_gap(forward.x, solver.plain(*c.problem, c.start.x, c.theta, options).iterates, 1) <=
            solver.claims.agreement);
      CHECK(largest_gap(reverse.dx, forward.dx, scale_of(c, forward.x.back())) <= 1e-10);
    }
  }
}

TEST_CASE("forward mode is the closed form at every t, for every quadratic and linear method") {
  int compared = 0;
  for (const Case& c : cases()) {
    for (const NamedSolver& solver : solvers(c)) {
      if (!c.quadratic() || !solver.recurrence) continue;
      CAPTURE(c.name);
      CAPTURE(solver.name);
      const History forward = solver.forward(c, {.steps = 300});
      ClosedForm form(*c.quadratic(), *solver.recurrence, c.start.x, c.theta, c.start.dx);
      std::vector<Matrix> expected;
      for (std::size_t t = 0; t < forward.dx.size(); ++t, form.advance()) expected.push_back(form.jacobian());
      CHECK(expected.size() == 301);
      CHECK(largest_gap(forward.dx, expected, form.minimiser_jacobian().norm()) <= 1e-10);
      ++compared;
    }
  }
  CHECK(compared == 18);
}

TEST_CASE("the derivative of every convergent solver's result becomes that of the minimiser") {
  for (const Case& c : cases()) {
    for (const NamedSolver& solver : solvers(c)) {
      if (!solver.claims.converges) continue;
      CAPTURE(c.name);
      CAPTURE(solver.name);
      const double kappa = c.spectrum.condition_number();
      const History history = solver.forward(c, {.steps = static_cast<Index>(std::min(100 * kappa, 6000.0))});
      const Matrix expected = implicit_jacobian(*c.problem, history.x.back(), c.theta);
      CHECK((history.dx.back() - expected).norm() <= 1e-7 * expected.norm());
    }
  }
}

TEST_CASE("the derivative of every solver's result is its central difference, on every problem") {
  for (const Case& c : cases()) {
    for (const NamedSolver& solver : solvers(c)) {
      CAPTURE(c.name);
      CAPTURE(solver.name);
      const SolveOptions options{.steps = solver.claims.difference_steps};
      const auto end = [&](const Vector& theta) {
        const Vector moved =
            c.start.dx.size() == 0 ? c.start.x : Vector(c.start.x + c.start.dx * (theta - c.theta));
        return solver.plain(*c.problem, moved, theta, options).x();
      };
      const Matrix slope =
          test::central_differences(end, c.theta, 1e-5 * std::min(1.0, c.theta.cwiseAbs().maxCoeff()));
      const History history = solver.forward(c, options);
      CHECK((history.dx.back() - slope).norm() <=
            1e-6 * std::max(slope.norm(), scale_of(c, history.x.back())));
    }
  }
}

TEST_CASE("both modes give the Jacobians of the independent program on the quadratic that does not commute") {
  const Case c = test::noncommuting_case();
  std::map<std::string, History> forward, reverse;
  for (const NamedSolver& solver : test::linear_solvers(c.spectrum)) {
    forward[solver.name] = solver.forward(c, {.steps = 200});
    reverse[solver.name] = solver.reverse(c, {.steps = 200});
  }
  int compared = 0;
  for (const auto& row : test::reference_rows("noncommuting_jacobians.csv")) {
    const auto t = static_cast<std::size_t>(std::stoi(row[1]));
    const Index i = std::stoi(row[2]), j = std::stoi(row[3]);
    const double expected = std::stod(row[4]);
    CAPTURE(row[0]);
    CAPTURE(t);
    CHECK(std::abs(forward.at(row[0]).dx.at(t)(i, j) - expected) <= 1e-9 * std::abs(expected) + 1e-12);
    CHECK(std::abs(reverse.at(row[0]).dx.at(t)(i, j) - expected) <= 1e-9 * std::abs(expected) + 1e-12);
    ++compared;
  }
  CHECK(compared == 128);
}

}  // namespace
}  // namespace unroll
