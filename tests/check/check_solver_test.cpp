#include <doctest/doctest.h>

#include <memory>

#include "problem/problem_cases.hpp"
#include "support/texts.hpp"
#include "unroll/check/solver.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/lbfgs.hpp"
#include "unroll/solver/newton.hpp"
#include "unroll/solver/nonlinear_conjugate_gradient.hpp"

namespace unroll {
namespace {

using test::contains;

struct Point {
  test::Coshes problem;
  Vector x0{{0.9, -0.2, 0.4}}, theta = Vector::Constant(1, 0.3);
};

template <class S>
Findings found_by(const S& solver, StepsMay may = StepsMay::depend_on_t) {
  const Point p;
  return check_solver(solver, p.problem, p.x0, p.theta, {.steps = 4}, {}, may);
}

/// Steps of a length that is drawn from what the solver shares with all.
struct Drawn {
  std::shared_ptr<int> count = std::make_shared<int>(0);
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {s.x - (++*count % 3 * 0.1) * f.gradient(s.x, theta)};
  }
};
/// Treats θ as a number.
struct ForgetsTheta {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {s.x - 0.1 * f.gradient(s.x, V(Vector(value_of(theta))))};
  }
};
/// Another step where there are derivatives.
struct TwoFaced {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const double h = std::is_same_v<V, VarVector> ? 0.11 : 0.1;
    return {s.x - h * f.gradient(s.x, theta)};
  }
};
struct Growing {
  template <class V>
  struct State {
    V x, all;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(Vector(Vector::Zero(1)))};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {s.x - 0.1 * f.gradient(s.x, theta), V(Vector(Vector::Zero(s.all.size() + 1)))};
  }
};

TEST_CASE("nothing is wrong with the library's solvers") {
  CHECK(found_by(GradientDescent{0.3}, StepsMay::not_depend_on_t));
  CHECK(found_by(Chebyshev{1, 2}));
  CHECK(found_by(Lbfgs{}));
  CHECK(found_by(NonlinearConjugateGradient{}));
}

TEST_CASE("steps that cannot be repeated are found, with the first of them") {
  const Findings found = found_by(Drawn{});
  CHECK(found.first_failure() == "a step taken again is the same");
  CHECK(contains(found.str(), "step 1"));
}

TEST_CASE("a step that depends on t is found where it is said not to") {
  CHECK(found_by(Chebyshev{1, 2}, StepsMay::not_depend_on_t).first_failure() ==
        "a step is the same at another t");
}

/// Steps of a length that comes back after `period` steps, or changes once `late` of them were taken.
struct Periodic {
  Index period = 1, late = 1'000'000;
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
    const double h = 0.1 + 0.01 * static_cast<double>(t % period) + (t >= late ? 0.1 : 0.0);
    return {s.x - h * f.gradient(s.x, theta)};
  }
};

TEST_CASE("so is one that depends on t by a period, or late") {
  CHECK(found_by(Periodic{}, StepsMay::not_depend_on_t));
  for (const Index period : {2, 3, 5, 7, 14, 100}) {
    CAPTURE(period);
    CHECK(found_by(Periodic{period}, StepsMay::not_depend_on_t).first_failure() ==
          "a step is the same at another t");
    CHECK(found_by(Periodic{period}));
  }
  CHECK_FALSE(found_by(Periodic{1, 1000}, StepsMay::not_depend_on_t));
}

/// Keeps exp(θ), which the first step makes, and a velocity, which every step does.
struct Keeping {
  template <class V>
  struct State {
    V x, velocity, kept;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, V(0.0 * x0), V(Vector(Vector::Zero(1)))};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index t) const {
    const V kept = t == 0 ? V(exp(theta)) : s.kept;
    const V velocity = 0.5 * s.velocity - (0.1 / kept[0]) * f.gradient(s.x, theta);
    return {s.x + velocity, velocity, kept};
  }
};

TEST_CASE("a member that carries theta is named, which is no failure") {
  const Findings found = found_by(Keeping{});
  INFO(found.str());
  CHECK(found);
  CHECK(contains(found.str(), "member 3 depends on theta"));
  CHECK_FALSE(contains(found.str(), "member 2 depends on theta"));
  CHECK_FALSE(contains(found_by(Lbfgs{}).str(), "depends on theta"));
}

TEST_CASE("a derivative that forgets theta is found, and so is a step that is another on a tape") {
  CHECK(found_by(ForgetsTheta{}).first_failure() == "dx_T forwards and differences");
  CHECK(found_by(TwoFaced{}).first_failure() == "x_T on a tape and plain");
}

TEST_CASE("a derivative that tends to zero is compared beside what it was") {
  // The scaled minimum does not depend on θ: ∂x_T is rounding.
  const auto scaled = make_problem(
      []<class V>(const V& x, const V& theta) {
        const scalar_t<V> square = x[0] * x[0];
        return theta[0] * (0.3 * square * square + 0.7 * square - 1.1 * x[0]) + 0.01 * square;
      },
      1, 1);
  const auto unscaled = make_problem(
      []<class V>(const V& x, const V& theta) {
        const scalar_t<V> square = x[0] * x[0];
        return (0.3 + theta[0] * theta[0]) * (0.3 * square * square + 0.7 * square - 1.1 * x[0]);
      },
      1, 1);
  const Vector x0 = Vector::Constant(1, 3), theta = Vector::Constant(1, 0.7);
  for (const Index steps : {3, 6, 9, 12}) {
    CHECK(check_solver(Newton{}, unscaled, x0, theta, {.steps = steps}));
    CHECK(check_solver(GradientDescent{0.2}, unscaled, x0 / 2, theta, {.steps = 30 * steps}));
    CHECK(check_solver(Newton{}, scaled, x0, theta, {.steps = steps}));
  }
}

TEST_CASE("a state whose shapes change is a finding, with the sizes") {
  const Findings found = found_by(Growing{});
  CHECK(found.first_failure() == "run");
  CHECK(contains(found.str(), "member 2 of the state"));
}

}  // namespace
namespace {
/// Prepares H + I, hence steps with five arguments.
struct Prepares {
  template <class V>
  V prepare(const V& theta) const {
    return V(1.0 + square(theta));
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index, const V& prepared) const {
    return {s.x - 0.1 / prepared[0] * f.gradient(s.x, theta)};
  }
};
/// Steps of a length with a maximum, whose kink is 1e-4 from the θ of the test.
struct Kinked {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    return {s.x - V((0.1 + 2.0 * max(theta, V(theta * 0.0 + 0.2999)))[0] * f.gradient(s.x, theta))};
  }
};
}  // namespace

TEST_CASE("a solver that prepares is checked like any other") { CHECK(found_by(Prepares{})); }

TEST_CASE("differences across a kink are taken again nearer, before they count") {
  const Findings found = found_by(Kinked{});
  INFO(found.str());
  CHECK(found);
}

}  // namespace unroll
