// Outer minimisation whose inner accuracy is chosen as it goes, by bounds.
#include <doctest/doctest.h>

#include <algorithm>

#include "solver/random_quadratic.hpp"
#include "unroll/ad/solve.hpp"
#include "unroll/derivative/minimise_outer.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/solver/gradient_descent.hpp"

namespace unroll::outer_by_bounds {
namespace {

/// F = ½‖x − a‖².
struct DistanceToPoint {
  Vector a;
  template <class V>
  scalar_t<V> operator()(const V& x, const V&) const {
    return 0.5 * squared_norm(V(x - a));
  }
};

TEST_CASE(
    "an outer minimisation by bounds descends, says converged where that is so, and not for want of "
    "products") {
  for (const unsigned seed : {1U, 2U, 3U}) {
    CAPTURE(seed);
    const test::QuadraticCase c = test::random_quadratic(6, 3, 0.5, 1, false, seed);
    const Vector target = c.problem.minimiser(c.theta + Vector::Constant(3, 0.02));
    const auto slope = [&](const Vector& theta) {
      return (c.problem.minimiser_jacobian(theta).transpose() * (c.problem.minimiser(theta) - target)).norm();
    };
    const auto by = [&](const OuterOptions& outer, const Certified& method) {
      return minimise_outer(DistanceToPoint{target}, c.problem, GradientDescent{1}, c.x0, c.theta,
                            {.steps = 400}, outer, method);
    };
    const double start = slope(c.theta);
    // Where H is positive definite; the minimum is inside.
    const auto near = [&](const Vector& theta) {
      return Vector(theta.cwiseMax(Vector(c.theta.array() - 0.05)).cwiseMin(Vector(c.theta.array() + 0.05)));
    };
    const OuterOptions outer{.steps = 200, .tolerance = 1e-3 * start, .first_step = 0.01, .project = near};
    const OuterResult found = by(outer, Certified{});
    CHECK(found.status == OuterStatus::converged);
    CHECK(slope(found.theta) <= outer.tolerance * std::max(1.0, found.value));
    for (std::size_t i = 1; i < found.steps.size(); ++i)
      CHECK(found.steps[i].value <= found.steps[i - 1].value * (1 + 1e-12));
    CHECK(found.steps.front().inner_tolerance >= found.steps.back().inner_tolerance);
    // x and λ are carried from step to step.
    OuterOptions cold = outer;
    cold.warm_start = false;
    const OuterResult anew = by(cold, Certified{});
    const auto work = [](const OuterResult& r) { return r.cost.gradients + r.cost.hessian_vector_products; };
    CHECK(anew.status == OuterStatus::converged);
    CHECK(work(found) < work(anew));
    // With so few products nothing is known of the gradient.
    const OuterResult poor = by(outer, Certified{.max_products = 2});
    CHECK(poor.status != OuterStatus::converged);
  }
}

/// f = ½ xᵀ(A + θI)⁻¹x − Σx_i, which is not defined for θ ≤ −A_00.
struct Shifted {
  Matrix A = Vector{{0.2, 1, 1}}.asDiagonal();
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    const matrix_t<V> shifted = matrix_t<V>(A) + theta[0] * Matrix(Matrix::Identity(3, 3));
    return 0.5 * dot(x, V(solve_cholesky(shifted, x))) - sum(x);
  }
};

TEST_CASE(
    "what was reached is not lost where all of a later line is outside the domain, and the reason is said") {
  const auto problem = make_problem(Shifted{}, 3, 1);
  const auto by = [&](const Vector& theta) {
    return minimise_outer(DistanceToPoint{Vector::Zero(3)}, problem, GradientDescent{0.15},
                          Vector(Vector::Ones(3)), theta, {.steps = 300}, {.steps = 20, .first_step = 3},
                          Certified{});
  };
  const OuterResult r = by(Vector::Ones(1));
  CHECK(r.status == OuterStatus::stalled);
  CHECK(r.value < r.steps.front().value);
  CHECK(r.steps.size() > 1);
  CHECK(!r.origin.empty());
  CHECK_THROWS_AS(by(-Vector::Ones(1)), NumericalError);
}

}  // namespace
}  // namespace unroll::outer_by_bounds
