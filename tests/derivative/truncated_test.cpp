#include <doctest/doctest.h>

#include "derivative/runner.hpp"
#include "unroll/derivative/implicit.hpp"
#include "unroll/error.hpp"

/// Reverse mode of the last steps alone.
namespace unroll {
namespace {

using test::Case;
using test::Runner;
using test::runner;

TEST_CASE("at a fixed point the last K steps of gradient descent give K terms of Neumann's series") {
  const Case c = test::ridge_case();
  const double h = 1 / c.spectrum.largest;
  const Vector x = c.quadratic()->minimiser(c.theta);
  const Matrix step = Matrix::Identity(x.size(), x.size()) - h * c.problem->hessian(x, c.theta);
  Matrix expected = Matrix::Zero(x.size(), 1);
  const Case there{c.name, c.problem, {x, Matrix::Ones(x.size(), 1)}, c.theta, c.spectrum};
  const Runner descent = runner("gradient descent", GradientDescent{h});
  for (const Index K : {1, 2, 3, 10}) {
    expected.setZero();
    for (Index k = 0; k < K; ++k) expected = step * expected - h * c.problem->mixed(x, c.theta);
    for (const double tolerance : {0.0, 1e-300}) {
      const Reverse method{.last_steps = K};
      const Derivative d = descent.jacobian(there, {.steps = 50, .tolerance = tolerance}, method);
      CHECK((d.dx - expected).norm() <= 1e-12 * expected.norm());
      CHECK(descent.vjp(there, x, {.steps = 50}, method).dx0 == Vector::Zero(x.size()));
    }
  }
}

TEST_CASE("the last T of T steps are all steps, and a budget does not change the last K") {
  const Case c = test::random_case();
  const Vector w = Vector::Ones(6);
  for (const Runner& solver :
       {runner("averaging", test::Averaging{0.5}), runner("tallying", test::Tallying{0.5})}) {
    CAPTURE(solver.name);
    const SolveOptions options{.steps = 40};
    const Vjp full = solver.vjp(c, w, options, {});
    const Vjp last = solver.vjp(c, w, options, {.last_steps = 40});
    CHECK(last.dtheta == full.dtheta);
    CHECK(last.dx0 == full.dx0);
    const Vjp truncated = solver.vjp(c, w, options, {.last_steps = 25});
    CHECK((truncated.dtheta - full.dtheta).norm() > 1e-6 * full.dtheta.norm());
    CHECK(truncated.cost.recomputed_steps == 0);
    CHECK(truncated.cost.tape_bytes < full.cost.tape_bytes * 3 / 4);
    const std::size_t budget = truncated.cost.tape_bytes / 2;
    const Vjp within = solver.vjp(c, w, options, {.memory_budget = budget, .last_steps = 25});
    CHECK((within.dtheta - truncated.dtheta).norm() <= 1e-14 * truncated.dtheta.norm());
    CHECK(within.cost.tape_bytes <= budget);
  }
}

TEST_CASE("the last K steps are those of the run as it went, if a tolerance or overflow ends it") {
  const Case c = test::random_case();
  const Vector w = Vector::Ones(6);
  const Runner solver = runner("averaging", test::Averaging{0.5});
  const SolveOptions loose{.steps = 3000, .tolerance = 1e-4};
  const Index T = solver.vjp(c, w, loose, {}).steps;
  REQUIRE(T < 3000);
  for (const Index K : {Index{1}, Index{7}, T - 1, T, T + 5, Index{3000}}) {
    CAPTURE(K);
    const Vjp stopped = solver.vjp(c, w, loose, {.last_steps = K});
    const Vjp known = solver.vjp(c, w, {.steps = T}, {.last_steps = std::min(K, T)});
    CHECK(stopped.steps == T);
    CHECK(stopped.x == known.x);
    CHECK((stopped.dtheta - known.dtheta).norm() <= 1e-14 * known.dtheta.norm());
    CHECK((stopped.dx0 - known.dx0).norm() <= 1e-14 * known.dx0.norm());
    CHECK(stopped.cost.recomputed_steps <= 2 * K);
  }
  const Runner diverging = runner("diverging", GradientDescent{1e100});
  const Vjp failed = diverging.vjp(c, w, {.steps = 50}, {.last_steps = 2});
  CHECK(failed.status == Status::non_finite);
  CHECK(failed.steps == 3);
  CHECK(failed.dtheta == diverging.vjp(c, w, {.steps = 3}, {.last_steps = 2}).dtheta);
}

TEST_CASE("a number of last steps that the run has not is refused") {
  const Case c = test::random_case();
  const Runner solver = runner("averaging", test::Averaging{0.5});
  for (const Index K : {-1, 0, 21})
    CHECK_THROWS_WITH_AS(solver.jacobian(c, {.steps = 20}, {.last_steps = K}),
                         doctest::Contains("from 1 to the 20 steps"), DomainError);
}

/// A data set as a problem, from ones; ridge or logistic regression.
Case data_case(const std::string& name, bool logistic) {
  const Dataset data = test::standardised_data(name);
  const Vector theta = Vector::Constant(1, 0.01);
  const double m = static_cast<double>(data.values.rows());
  const Spectrum gram = spectrum(data.values.transpose() * data.values / m);
  const Vector ones = Vector::Ones(data.values.cols());
  if (logistic)
    return {name + ", logistic",
            std::make_shared<const LogisticProblem>(data.values, plus_minus_labels(data.target)),
            ones,
            theta,
            {0.01, gram.largest / 4 + 0.01}};
  return {name,
          std::make_shared<const RidgeProblem>(data.values, centred(data.target)),
          ones,
          theta,
          {gram.smallest + 0.01, gram.largest + 0.01}};
}

TEST_CASE("automatic truncation uses half the memory at most and doubles the error at most, on real data") {
  const SolveOptions options{.steps = 2000};
  for (const Case& c : {data_case("breast_cancer_diagnostic", false), data_case("auto_mpg", false),
                        data_case("wine_quality_red", false), data_case("digits", false),
                        data_case("breast_cancer_diagnostic", true)}) {
    const auto [l, L] = c.spectrum;
    const Vector x =
        c.quadratic() ? c.quadratic()->minimiser(c.theta)
                      : solve(*c.problem, Nesterov::optimal(l, L), c.start.x, c.theta, {.steps = 5000}).x();
    const Matrix minimiser = implicit_jacobian(*c.problem, x, c.theta);
    const Vector w = minimiser.col(0).normalized();
    const double expected = w.dot(minimiser.col(0));
    for (const Runner& solver :
         {runner("1/L", GradientDescent::short_step(L)), runner("2/(L+l)", GradientDescent::large_step(l, L)),
          runner("heavy ball", HeavyBall::optimal(l, L))}) {
      CAPTURE(c.name);
      CAPTURE(solver.name);
      const Vjp full = solver.vjp(c, w, options, {});
      const Vjp some = solver.vjp(c, w, options, {.last_steps = automatic});
      const double error = std::abs(full.dtheta[0] - expected) / std::abs(expected);
      const double truncated = std::abs(some.dtheta[0] - expected) / std::abs(expected);
      CHECK(some.cost.tape_bytes <= full.cost.tape_bytes / 2);
      CHECK(truncated <= std::max(2 * error, 1e-12));
      if (solver.name == "heavy ball")
        CHECK(some.cost.hessian_vector_products < 1000);  // there is no need of more
    }
  }
}

TEST_CASE("cotangents along a run go through all steps, however many matter to its end") {
  const Case c = test::ridge_case();
  const Index n = c.problem->dimension();
  for (const Index steps : {40, 400})
    for (const double at_end : {0.0, 1e-8}) {
      std::vector<IterateCotangent> along{{2, Vector::Ones(n)}};
      if (at_end > 0) along.push_back({steps, Vector::Constant(n, at_end)});
      const auto pulled = [&](const Reverse& method) {
        return vjp(*c.problem, GradientDescent{1 / c.spectrum.largest}, c.start, c.theta, Cotangent(along),
                   {.steps = steps}, method)
            .dtheta;
      };
      const Vector all = pulled({});
      REQUIRE(all.norm() > 1e-3);
      CHECK((pulled({.last_steps = automatic}) - all).norm() <= 1e-13 * all.norm());
    }
}

}  // namespace
}  // namespace unroll
