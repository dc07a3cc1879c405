// Certificates of many random runs, of which the truth is known: never violated above rounding, and near it.
// UNROLL_TEST_CASES=10000 in the environment makes it many more.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "derivative/cases.hpp"
#include "derivative/random_problems.hpp"
#include "support/counts.hpp"
#include "unroll/compare/instance.hpp"
#include "unroll/derivative/hypergradient.hpp"
#include "unroll/solver/backtracking.hpp"
#include "unroll/solver/conjugate_gradient.hpp"
#include "unroll/solver/fista.hpp"
#include "unroll/solver/lbfgs.hpp"
#include "unroll/solver/nonlinear_conjugate_gradient.hpp"
#include "unroll/solver/steepest_descent.hpp"

namespace unroll::random_bounds {
namespace {

/// Whether every run has one, or those alone whose x has come near.
enum class Bounds { everywhere, near_rest };

/// What the bounds of many runs were worth.
class Tally {
 public:
  /// `floor` is what rounding may do.
  void add(const Certificate& c, double error, double floor) {
    ++runs_;
    if (!c.bound) return;
    ++bounds_;
    if (!(error <= *c.bound + floor)) ++violated_;
    if (c.at_least && !(error >= *c.at_least - floor)) ++too_low_;
    if (c.verdict == Verdict::wrong_by_at_least) ++wrong_;
    if (c.verdict == Verdict::good && !(error <= c.accuracy * c.norm + floor)) ++not_good_;
    if (c.verdict != Verdict::good) return;
    ++good_;
    if (error > floor) ratios_.push_back(*c.bound / error);
  }
  /// Nothing is violated; of those that are good, and whose error is above
  /// rounding, nine in ten are within 100 times of it.
  void check(const std::string& what, Bounds kind) {
    const auto above = static_cast<double>(ratios_.size());
    const auto near = std::count_if(ratios_.begin(), ratios_.end(), [](double r) { return r <= 100; });
    MESSAGE(what, ": ", runs_, " runs, ", bounds_, " bounds, ", violated_, " violated, ", too_low_,
            " lower bounds too high, ", wrong_, " wrong, ", good_, " good, ", ratios_.size(),
            " of them above rounding, ", near, " within 100 times of the error, the median ", median(),
            " times");
    CHECK(bounds_ >= (kind == Bounds::everywhere ? 1 : 0.5) * runs_);
    CHECK(violated_ == 0);
    CHECK(too_low_ == 0);
    CHECK(not_good_ == 0);
    CHECK(static_cast<double>(near) >= 0.9 * above);
    CHECK(good_ >= 0.1 * runs_);
    CHECK(median() <= 10);
  }

  int wrong() const { return wrong_; }

 private:
  /// Of bound/error, of the good ones above rounding.
  double median() {
    REQUIRE_FALSE(ratios_.empty());
    const auto middle = ratios_.begin() + static_cast<std::ptrdiff_t>(ratios_.size() / 2);
    std::nth_element(ratios_.begin(), middle, ratios_.end());
    return *middle;
  }

  int runs_ = 0, bounds_ = 0, good_ = 0, wrong_ = 0, violated_ = 0, too_low_ = 0, not_good_ = 0;
  std::vector<double> ratios_;
};

struct Tallies {
  Tally products{}, hypergradients{}, jacobians{};
  void check(Bounds kind) {
    products.check("products", kind);
    hypergradients.check("hypergradients", kind);
    jacobians.check("Jacobians", kind);
  }
};

/// F = ‖x − 1‖²/2 + Σθ/10.
struct DistanceToOnes {
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return 0.5 * squared_norm(V(x - Vector::Ones(x.size()))) + 0.1 * sum(theta);
  }
};

/// A problem whose solution is known, to rounding of `rounding` times what is looked at.
struct Known {
  const Problem& problem;
  Vector x0, theta, minimiser;
  Matrix jacobian;
  double rounding;
};

/// A product, a hypergradient, w = ∇F(x_T), and a Jacobian of one run, unrolled and corrected, against ∂x*.
template <class S>
void add(Tallies& all, const Known& k, const S& solver, Index steps) {
  const Vector w = Vector::LinSpaced(k.x0.size(), -1, 2), pulled = k.jacobian.transpose() * w;
  const Vector outer = k.jacobian.transpose() * (k.minimiser - Vector::Ones(k.x0.size())) +
                       Vector::Constant(k.theta.size(), 0.1);
  const auto into = [&](Tally& tally, const auto& found, const auto& exact, const Certificate& c) {
    tally.add(c, (found - exact).norm(), k.rounding * (found.norm() + exact.norm()));
  };
  const SolveOptions options{.steps = steps};
  for (const bool corrected : {false, true}) {
    const Reverse method{.corrected = corrected, .certify = Certify::always};
    const Vjp v = vjp(k.problem, solver, k.x0, k.theta, w, options, method);
    into(all.products, v.dtheta, pulled, v.certificate);
    const Hypergradient h =
        hypergradient(DistanceToOnes{}, k.problem, solver, k.x0, k.theta, options, method);
    into(all.hypergradients, h.dtheta, outer, h.certificate);
    const Derivative d = jacobian(k.problem, solver, k.x0, k.theta, options, method);
    into(all.jacobians, d.dx, k.jacobian, d.certificate);
  }
}

double uniform(std::mt19937_64& random, double a, double b) {
  return std::uniform_real_distribution<double>(a, b)(random);
}
/// Log-uniform from 10^a to 10^b.
Index steps_between(std::mt19937_64& random, double a, double b) {
  return static_cast<Index>(std::pow(10, uniform(random, a, b)));
}

/// n ≤ 12, p ≤ 4, κ up to 10⁸, commuting or not; any solver, any T.
TEST_CASE("bounds of random quadratics are never violated above rounding, lower bounds neither") {
  std::mt19937_64 random(7);
  Tallies all;
  const int count = test::repetitions(250);
  for (int seed = 0; seed < count; ++seed) {
    const auto n = static_cast<Index>(uniform(random, 2, 13)), p = static_cast<Index>(uniform(random, 1, 5));
    const double l = std::pow(10, -uniform(random, 0, 8)), L = 1;
    const test::QuadraticCase c =
        test::random_quadratic(n, p, l, L, seed % 2 == 0, static_cast<unsigned>(seed));
    const Known known{
        c.problem, c.x0, c.theta, c.problem.minimiser(c.theta), c.problem.minimiser_jacobian(c.theta),
        1e-14 / l};
    const Index steps = steps_between(random, 0.5, 3);
    const auto by = [&](const auto& solver) { add(all, known, solver, steps); };
    switch (seed % 10) {
      case 0:
        by(GradientDescent::large_step(l, L));
        break;
      case 1:
        by(HeavyBall::optimal(l, L));
        break;
      case 2:
        by(Chebyshev{l, L});
        break;
      case 3:
        by(Nesterov::optimal(l, L));
        break;
      case 4:
        by(ConjugateGradient{});
        break;
      case 5:
        by(Sobolev{{.eta = 0.3, .smallest_eigenvalue = l, .largest_eigenvalue = L}});
        break;
      case 6:
        by(SteepestDescent{});
        break;
      case 7:
        by(Lbfgs{});
        break;
      case 8:
        by(NonlinearConjugateGradient{});
        break;
      default:
        by(GradientDescent::short_step(L));
        break;
    }
  }
  all.check(Bounds::everywhere);
  CHECK(all.products.wrong() > 0);
}

template <class Solver4>
void add_by_one_of(Tallies& all, const Known& known, int which, double l, double L, Index steps,
                   const Solver4& last) {
  switch (which % 4) {
    case 0:
      return add(all, known, GradientDescent{1 / L}, steps);
    case 1:
      return add(all, known, Nesterov::optimal(l, L), steps);
    case 2:
      return add(all, known, Backtracking{}, steps);
    default:
      return add(all, known, last, steps);
  }
}

/// From 0, where ℓ = θ₀.
Known smooth(const Problem& problem, const Vector& theta) {
  const Vector minimiser = newton_minimiser(problem, theta);
  return {problem,
          Vector::Zero(problem.dimension()),
          theta,
          minimiser,
          implicit_jacobian(problem, minimiser, theta),
          1e-14 / theta[0]};
}

TEST_CASE("nor are those of random logistic problems, whose curvature changes on the way") {
  std::mt19937_64 random(8);
  Tallies all;
  const int count = test::repetitions(40);
  for (int seed = 0; seed < count; ++seed) {
    test::Random draw(static_cast<unsigned>(seed));
    const Matrix A = draw.matrix(20 + seed % 30, 2 + seed % 7);
    const Vector labels = draw.vector(A.rows()).array().sign();
    const LogisticProblem problem(A, labels);
    const Vector theta = Vector::Constant(1, std::pow(10, -uniform(random, 0.5, 3)));
    const double L = theta[0] + spectrum(A.transpose() * A / (4.0 * static_cast<double>(A.rows()))).largest;
    add_by_one_of(all, smooth(problem, theta), seed, theta[0], L, steps_between(random, 0.5, 3), Lbfgs{});
  }
  all.check(Bounds::everywhere);
}

TEST_CASE("nor are those of random softmax problems") {
  std::mt19937_64 random(9);
  Tallies all;
  const int count = test::repetitions(24);
  for (int seed = 0; seed < count; ++seed) {
    test::Random draw(static_cast<unsigned>(seed));
    const Index classes = 3 + seed % 2;
    const Matrix A = draw.matrix(20 + seed % 30, 2 + seed % 3);
    Matrix Y = Matrix::Zero(A.rows(), classes);
    for (Index i = 0; i < A.rows(); ++i)
      Y(i, static_cast<Index>(random() % static_cast<unsigned>(classes))) = 1;
    const Softmax f{A, Y};
    const auto problem = make_problem(f, A.cols() * classes, 1);
    const Vector theta = Vector::Constant(1, std::pow(10, -uniform(random, 0.5, 3)));
    const double L = theta[0] + f.largest / 2;  // of log Σ exp it is ½ at most
    add_by_one_of(all, smooth(problem, theta), seed, theta[0], L, steps_between(random, 0.5, 2.7), Lbfgs{});
  }
  all.check(Bounds::everywhere);
}

TEST_CASE("nor are those of random lassos, θ in the prox and in the data, whose ℓ is known") {
  std::mt19937_64 random(10);
  Tallies all;
  const int count = test::repetitions(40);
  for (int seed = 0; seed < count; ++seed) {
    test::Random draw(static_cast<unsigned>(seed));
    const Vector scales = Vector::LinSpaced(3 + seed % 8, 0, -uniform(random, 0, 3));
    const Matrix A = draw.matrix(20 + seed % 30, scales.size()) * scales.array().exp().matrix().asDiagonal();
    const ElasticRows f{A, draw.vector(A.rows()), draw.vector(A.rows()),
                        std::pow(10, -uniform(random, 0, 3))};
    const auto problem = make_problem(f, A.cols(), 2);
    const double L = f.mu + spectrum(A.transpose() * A / static_cast<double>(A.rows())).largest;
    const Vector theta{{std::pow(10, -uniform(random, 0.5, 3)), uniform(random, -1, 1)}};
    const LassoSolution solution(f, problem, theta, L);
    const Known known{problem, Vector::Zero(A.cols()), theta, solution.x, solution.jacobian, 1e-14 / f.mu};
    const Index steps = steps_between(random, 0.5, 3);
    if (seed % 2 == 0)
      add(all, known, ProximalGradient<L1>{1 / L, {.weight = 1, .parameter = 0}}, steps);
    else
      add(all, known, Fista<L1>{.step_size = 1 / L, .term = {.weight = 1, .parameter = 0}, .restart = true},
          steps);
  }
  all.check(Bounds::near_rest);
}

}  // namespace
}  // namespace unroll::random_bounds
