// Reverse{.at_end} repeats one step backwards: what it says of steps that have nothing to repeat, or do not
// contract.
#include <doctest/doctest.h>

#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/solver/bounded_lbfgs.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/lbfgs.hpp"

namespace unroll::at_end {
namespace {

/// f = Σ e^{x_i} + 2‖x‖² − xᵀθ.
struct Smooth {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return sum(V(exp(x))) + 2.0 * squared_norm(x) - dot(x, theta);
  }
};
/// f = ½(x − θ)ᵀ diag(1 … 30)(x − θ): ∂x* = 1.
struct Scaled {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const V d = x - theta;
    return 0.5 * dot(V(cwise_product(Vector(Vector::LinSpaced(x.size(), 1, 30)), d)), d);
  }
};

const Reverse at_end{.at_end = true, .certify = Certify::always};

TEST_CASE("a line search that finds nothing to gain gives x back: that is no step to repeat") {
  const auto problem = make_problem(Smooth{}, 3, 3);
  const Vector theta{{0.3, -0.4, 0.7}}, x0 = Vector::Ones(3);
  CHECK_THROWS_WITH_AS(jacobian(problem, Lbfgs{}, x0, theta, {.steps = 40}, at_end),
                       doctest::Contains("gives x back as it is"), UnsupportedError);
  CHECK_THROWS_AS(vjp(problem, Lbfgs{}, x0, theta, x0, {.steps = 40}, at_end), UnsupportedError);
}

namespace {
/// x⁺ = ½cos x + θ, until it no longer moves; and gradient descent likewise.
struct GuardedMap {
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& s, const V& theta, Index) const {
    const V next = 0.5 * V(cos(s.x)) + theta;
    if ((value_of(next) - value_of(s.x)).squaredNorm() < 1e-24) return s;
    return {next};
  }
};
struct GuardedDescent {
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V g = f.gradient(s.x, theta);
    if (value_of(g).squaredNorm() < 1e-24) return s;
    return {V(s.x - 0.03 * g)};
  }
};
}  // namespace

TEST_CASE("a guard that gives x back at the end is no step to repeat, whatever is gathered") {
  const NoObjective none(2, 2);
  const auto problem = make_problem(Scaled{}, 2, 2);
  const Vector x0 = Vector::Ones(2), theta{{0.3, 0.5}};
  CHECK_THROWS_WITH_AS(jacobian(none, GuardedMap{}, x0, theta, {.steps = 300}, at_end),
                       doctest::Contains("gives x back as it is"), UnsupportedError);
  CHECK_THROWS_WITH_AS(jacobian(problem, GuardedDescent{}, x0, theta, {.steps = 3000}, at_end),
                       doctest::Contains("gives x back as it is"), UnsupportedError);
  const auto by = [&](const Method& method) {
    return jacobian(none, GuardedMap{}, x0, theta, {.steps = 300}, method).dx;
  };
  CHECK((by(Reverse{.corrected = true}) - by(Reverse{})).norm() <= 1e-10);
}

TEST_CASE("steps that do not contract at the end of the run have no derivative to tend to") {
  const auto problem = make_problem(Scaled{}, 4, 4);
  const Vector theta = Vector::LinSpaced(4, -1, 1);
  CHECK_THROWS_WITH_AS(
      jacobian(problem, GradientDescent{2.2 / 30}, Vector::Zero(4), theta, {.steps = 200}, at_end),
      doctest::Contains("do not contract"), NumericalError);
  CHECK((jacobian(problem, GradientDescent{1.0 / 30}, Vector::Zero(4), theta, {.steps = 1000}, at_end).dx -
         Matrix::Identity(4, 4))
            .norm() <= 1e-10);
}

TEST_CASE("nor have steps that turn a cotangent and leave its length") {
  const auto problem =
      make_problem([](const auto& x, const auto& theta) { return squared_norm(x - theta); }, 2, 2);
  const Vector theta{{1, 2}};
  for (const Index steps : {100, 101})  // x ↦ 2θ − x, of which the sum of the series is 0, or 2θ
    CHECK_THROWS_WITH_AS(jacobian(problem, GradientDescent{1.0}, theta, theta, {.steps = steps}, at_end),
                         doctest::Contains("nothing says that they contract"), NumericalError);
}

TEST_CASE("L-BFGS with bounds rests by a step that contracts, whichever pair was the last") {
  const auto problem = make_problem(Scaled{}, 4, 4);
  const Vector theta{{1.0, -0.7, 0.5, 0.2}}, x0 = Vector::Constant(4, 0.9);
  for (const double lowest : {-10.0, -0.2}) {
    const BoundedLbfgs solver{Box{Vector::Constant(4, lowest), Vector::Constant(4, 10.0)}};
    Matrix exact = Matrix::Identity(4, 4);
    if (lowest > theta[1]) exact(1, 1) = 0;
    const Derivative d = jacobian(problem, solver, x0, theta, {.steps = 400}, at_end),
                     at_once = jacobian(problem, solver, x0, theta, {.steps = 20},
                                        Implicit{.certify = Certify::always});
    CAPTURE(lowest);
    CHECK((d.dx - exact).norm() <= 1e-6);
    CHECK(d.certificate.verdict == Verdict::good);
    CHECK((at_once.dx - exact).norm() <= 1e-10);
    CHECK(at_once.certificate.verdict == Verdict::good);
  }
}

}  // namespace
}  // namespace unroll::at_end
