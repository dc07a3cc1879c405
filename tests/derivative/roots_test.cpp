// Roots F(x, θ) = 0: public test functions, all solvers and methods, certificates, errors.
#include <doctest/doctest.h>

#include <Eigen/LU>
#include <cmath>
#include <functional>

#include "problem/differences.hpp"
#include "solver/random_quadratic.hpp"
#include "unroll/check/problem.hpp"
#include "unroll/derivative/certify.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/quadratic.hpp"
#include "unroll/problem/root.hpp"
#include "unroll/solver/anderson.hpp"
#include "unroll/solver/broyden.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/newton.hpp"

namespace unroll::roots {
namespace {

/// A function of Moré, Garbow & Hillstrom, ACM TOMS 7 (1981), as a system, with its number there: F(x) = θ is
/// solved, so that ∂x = F'(x)⁻¹.
struct Published {
  std::string name;
  std::shared_ptr<const Root> root;
  Vector start;
  Vector solution;                 // at θ = 0, empty where the paper gives none in closed form
  double difference_error = 1e-4;  // of differences, relative: that of a badly scaled F is large
};

template <class F>
Published published(const std::string& name, F f, const Vector& start, const Vector& solution = {}) {
  const auto shifted = [f](const auto& x, const auto& theta) {
    using V = std::decay_t<decltype(x)>;
    return V(V(f(x)) - theta);
  };
  const Index n = start.size();
  return {name, std::make_shared<const TemplateRoot<decltype(shifted)>>(shifted, n, n), start, solution};
}

template <class V>
V stacked(const std::vector<scalar_t<V>>& entries) {
  return V(assemble(entries));
}

std::vector<Published> published_systems() {
  using std::vector;
  vector<Published> all;
  all.push_back(published(
      "1 Rosenbrock",
      []<class V>(const V& x) {
        return stacked<V>({10 * (x[1] - x[0] * x[0]), 1 - x[0]});
      },
      Vector{{-1.2, 1.0}}, Vector{{1.0, 1.0}}));
  all.push_back(published(
      "2 Freudenstein and Roth",
      []<class V>(const V& x) {
        return stacked<V>(
            {-13 + x[0] + ((5 - x[1]) * x[1] - 2) * x[1], -29 + x[0] + ((x[1] + 1) * x[1] - 14) * x[1]});
      },
      Vector{{6.0, 3.0}}, Vector{{5.0, 4.0}}));
  all.push_back(published(
      "3 Powell, badly scaled",
      []<class V>(const V& x) {
        return stacked<V>({1e4 * x[0] * x[1] - 1, exp(-x[0]) + exp(-x[1]) - 1.0001});
      },
      Vector{{0.0, 1.0}}, Vector{{1.0981593296999e-5, 9.1061467398665}}));
  all.back().difference_error = 3e-3;
  all.push_back(published(
      "7 helical valley",
      []<class V>(const V& x) {
        constexpr double pi = 3.14159265358979323846;
        const scalar_t<V> angle = atan(x[1] / x[0]) / (2 * pi), radius = sqrt(x[0] * x[0] + x[1] * x[1]);
        return stacked<V>({10 * (x[2] - 10 * angle), 10 * (radius - 1), 1.0 * x[2]});
      },
      Vector{{0.8, 0.6, 0.2}}, Vector{{1.0, 0.0, 0.0}}));
  all.push_back(published(
      "12 box, three points",
      []<class V>(const V& x) {
        vector<scalar_t<V>> f;
        for (int i = 1; i <= 3; ++i) {
          const double t = 0.1 * i;
          f.push_back(exp(-t * x[0]) - exp(-t * x[1]) - x[2] * (std::exp(-t) - std::exp(-10 * t)));
        }
        return stacked<V>(f);
      },
      Vector{{0.9, 9.0, 1.1}}, Vector{{1.0, 10.0, 1.0}}));
  all.push_back(published(
      "21 extended Rosenbrock, n = 6",
      []<class V>(const V& x) {
        vector<scalar_t<V>> f;
        for (Index i = 0; i < 6; i += 2) {
          f.push_back(10 * (x[i + 1] - x[i] * x[i]));
          f.push_back(1 - x[i]);
        }
        return stacked<V>(f);
      },
      Vector{{-1.2, 1.0, -1.2, 1.0, -1.2, 1.0}}, Vector::Ones(6)));
  all.push_back(published(
      "26 trigonometric, n = 5",
      []<class V>(const V& x) {
        const scalar_t<V> cosines = sum(V(cos(x)));
        vector<scalar_t<V>> f;
        for (Index i = 0; i < 5; ++i)
          f.push_back(5 - cosines + static_cast<double>(i + 1) * (1 - cos(x[i])) - sin(x[i]));
        return stacked<V>(f);
      },
      Vector::Constant(5, 0.2)));
  all.push_back(published(
      "27 Brown, almost linear, n = 5",
      []<class V>(const V& x) {
        vector<scalar_t<V>> f;
        const scalar_t<V> total = sum(x);
        for (Index i = 0; i < 4; ++i) f.push_back(x[i] + total - 6);
        f.push_back(x[0] * x[1] * x[2] * x[3] * x[4] - 1);
        return stacked<V>(f);
      },
      Vector::Constant(5, 0.9)));  // of its three roots, any
  all.push_back(published(
      "28 discrete boundary value, n = 10",
      []<class V>(const V& x) {
        constexpr Index n = 10;
        const double h = 1.0 / (n + 1);
        vector<scalar_t<V>> f;
        for (Index i = 0; i < n; ++i) {
          const double t = h * static_cast<double>(i + 1);
          scalar_t<V> y = 2 * x[i] + 0.5 * h * h * pow(x[i] + (t + 1), 3);
          if (i > 0) y = y - x[i - 1];
          if (i + 1 < n) y = y - x[i + 1];
          f.push_back(y);
        }
        return stacked<V>(f);
      },
      [] {
        Vector x(10);
        for (Index i = 0; i < 10; ++i) {
          const double t = static_cast<double>(i + 1) / 11;
          x[i] = t * (t - 1);
        }
        return x;
      }()));
  all.push_back(published(
      "29 discrete integral equation, n = 8",
      []<class V>(const V& x) {
        constexpr Index n = 8;
        const double h = 1.0 / (n + 1);
        const Vector t = Vector::LinSpaced(n, h, 1 - h);
        const V cubes = cwise_product(V(x + Vector(t.array() + 1)), square(V(x + Vector(t.array() + 1))));
        Matrix kernel(n, n);
        for (Index i = 0; i < n; ++i)
          for (Index j = 0; j < n; ++j)
            kernel(i, j) = 0.5 * h * (j <= i ? (1 - t[i]) * t[j] : t[i] * (1 - t[j]));
        return V(x + V(kernel * cubes));
      },
      [] {
        const Vector t = Vector::LinSpaced(8, 1.0 / 9, 8.0 / 9);
        return Vector(t.array() * (t.array() - 1));
      }()));
  all.push_back(published(
      "30 Broyden, tridiagonal, n = 10",
      []<class V>(const V& x) {
        vector<scalar_t<V>> f;
        for (Index i = 0; i < 10; ++i) {
          scalar_t<V> y = (3 - 2 * x[i]) * x[i] + 1;
          if (i > 0) y = y - x[i - 1];
          if (i < 9) y = y - 2 * x[i + 1];
          f.push_back(y);
        }
        return stacked<V>(f);
      },
      Vector::Constant(10, -1)));
  all.push_back(published(
      "31 Broyden, banded, n = 10",
      []<class V>(const V& x) {
        vector<scalar_t<V>> f;
        for (Index i = 0; i < 10; ++i) {
          scalar_t<V> y = x[i] * (2 + 5 * x[i] * x[i]) + 1;
          for (Index j = std::max<Index>(0, i - 5); j <= std::min<Index>(9, i + 1); ++j)
            if (j != i) y = y - x[j] * (1 + x[j]);
          f.push_back(y);
        }
        return stacked<V>(f);
      },
      Vector::Constant(10, -1)));
  all.push_back(published(
      "35 Chebyquad, n = 5",
      []<class V>(const V& x) {
        V before(Vector(Vector::Ones(5))), now = 2.0 * x - Vector(Vector::Ones(5));
        const V twice = 2.0 * now;
        vector<scalar_t<V>> f;
        for (int i = 1; i <= 5; ++i) {
          f.push_back(sum(now) / 5.0 + (i % 2 == 0 ? 1.0 / (i * i - 1) : 0.0));
          const V next = cwise_product(twice, now) - before;
          before = now;
          now = next;
        }
        return stacked<V>(f);
      },
      Vector(Vector::LinSpaced(5, 1.0 / 6, 5.0 / 6))));
  return all;
}

TEST_CASE("thirteen published systems: Newton's method finds the root, and its derivative in the data") {
  const std::vector<Published> all = published_systems();
  CHECK(all.size() == 13);
  for (const Published& p : all) {
    CAPTURE(p.name);
    const Vector zero = Vector::Zero(p.start.size());
    CHECK(check_problem(*p.root, p.start, zero));
    const Newton newton{.halvings = 20};
    const SolveOptions options{.steps = 60, .tolerance = 1e-12};
    const Trajectory run = solve(*p.root, newton, p.start, zero, options);
    CHECK(run.status == Status::converged);
    CHECK(p.root->residual(run.x(), zero).norm() <= 1e-10);
    if (p.solution.size() > 0) CHECK((run.x() - p.solution).norm() <= 1e-9 * p.solution.norm());
    const Matrix exact = p.root->hessian(run.x(), zero).inverse();
    for (const Method& method :
         {Method(Reverse{}), Method(Forward{}), Method(Implicit{}), Method(OneStep{})}) {
      const Derivative d = jacobian(*p.root, newton, p.start, zero, options, method);
      CHECK((d.dx - exact).norm() <= 1e-7 * exact.norm());
    }
    const Derivative differences =
        jacobian(*p.root, newton, p.start, zero, {.steps = 60}, FiniteDifference{});
    CHECK((differences.dx - exact).norm() <= p.difference_error * exact.norm());
  }
}

/// A monotone F that is no gradient: F = Bx + tanh(x)/2 + C tanh(θ) + θ_0 x/10, B with a skew part.
struct Monotone {
  Matrix B, C;
  template <class V>
  V operator()(const V& x, const V& theta) const {
    return V(B * x) + 0.5 * V(tanh(x)) + V(C * V(tanh(theta))) + V(0.1 * theta[0] * x);
  }
};
Monotone monotone(Index n, Index p, unsigned seed) {
  test::Random random(seed);
  const Matrix A = random.matrix(n, n), S = random.matrix(n, n);
  return {Matrix(Matrix::Identity(n, n) + A * A.transpose() / (4.0 * static_cast<double>(n)) +
                 0.5 * (S - S.transpose())),
          random.matrix(n, p)};
}

/// x* by Newton, and ∂x*, from scratch.
struct Exact {
  Vector x;
  Matrix dx;
  Exact(const Root& root, const Vector& theta) : x(Vector::Zero(root.dimension())) {
    for (int i = 0; i < 60; ++i) x -= root.hessian(x, theta).partialPivLu().solve(root.residual(x, theta));
    dx = -root.hessian(x, theta).partialPivLu().solve(root.mixed(x, theta));
  }
};

template <class S>
void check_solver_on_roots(const S& solver, Index steps, double implicit_error) {
  for (const unsigned seed : {1U, 2U, 3U}) {
    const Index n = 4 + static_cast<Index>(seed), p = 3;
    const auto root = make_root(monotone(n, p, seed), n, p);
    test::Random random(seed + 10);
    const Vector theta = random.vector(p), x0 = random.vector(n);
    const auto by = [&](Index t, const Method& method) {
      return jacobian(root, solver, x0, theta, {.steps = t}, method);
    };
    for (const Index t : {1, 3, 7}) {
      const Matrix forward = by(t, Forward{}).dx;
      CHECK((by(t, Reverse{}).dx - forward).norm() <= 1e-10 * std::max(1.0, forward.norm()));
      CHECK((by(t, Reverse{.memory_budget = 300000}).dx - forward).norm() <=
            1e-10 * std::max(1.0, forward.norm()));
      CHECK((by(t, FiniteDifference{}).dx - forward).norm() <= 1e-5 * std::max(1.0, forward.norm()));
    }
    const Exact exact(root, theta);
    CHECK((by(steps, Implicit{}).dx - exact.dx).norm() <= implicit_error * exact.dx.norm());
    CHECK((by(steps, Reverse{.corrected = true}).dx - exact.dx).norm() <= implicit_error * exact.dx.norm());
  }
}

TEST_CASE("every solver and method on roots that are no gradients") {
  check_solver_on_roots(Newton{}, 12, 1e-10);
  check_solver_on_roots(Newton{.halvings = 4}, 12, 1e-10);
  check_solver_on_roots(Newton{.damping = 0.1}, 60, 1e-10);
  check_solver_on_roots(GradientDescent{0.2}, 400, 1e-7);
  check_solver_on_roots(Broyden{.step_size = 0.3}, 60, 1e-7);
}

TEST_CASE("Newton's method unrolled is exact at every step, and implicit differentiation at the end") {
  const auto root = make_root(monotone(5, 3, 7), 5, 3);
  test::Random random(1);
  const Vector theta = random.vector(3), x0 = random.vector(5), w = random.vector(5);
  const Exact exact(root, theta);
  const Vjp v = vjp(root, Newton{}, x0, theta, w, {.steps = 8}, Reverse{});
  CHECK((v.dtheta - exact.dx.transpose() * w).norm() <= 1e-12 * exact.dx.norm());
  // A quadratic's H has a derivative in θ, which Newton's step contains.
  const AffineQuadratic quadratic(Matrix{{2, 0.5}, {0.5, 1}},
                                  {Matrix{{1, 0}, {0, 0}}, Matrix{{0, 1}, {1, 0}}}, Vector{{1, -1}},
                                  Matrix::Identity(2, 2));
  const Derivative d = jacobian(quadratic, Newton{.damping = 0.3}, Vector(Vector::Ones(2)),
                                Vector{{0.1, 0.2}}, {.steps = 3}, Reverse{});
  const Derivative differences = jacobian(quadratic, Newton{.damping = 0.3}, Vector(Vector::Ones(2)),
                                          Vector{{0.1, 0.2}}, {.steps = 3}, FiniteDifference{});
  CHECK((d.dx - differences.dx).norm() <= 1e-7 * d.dx.norm());
}

TEST_CASE("the derivative of an equation that is no gradient: B⁻¹, by every method") {
  const Matrix B{{2, 1}, {-1, 2}};
  const auto root = make_root([B]<class V>(const V& x, const V& theta) { return V(V(B * x) - theta); }, 2, 2);
  const Vector theta{{1, 2}}, zero = Vector::Zero(2);
  for (const Method& method :
       {Method(Reverse{}), Method(Forward{}), Method(Implicit{}), Method(Reverse{.corrected = true}),
        Method(Reverse{.at_end = true}), Method(FiniteDifference{})}) {
    const Derivative d = jacobian(root, GradientDescent{0.3}, zero, theta, {.steps = 200}, method);
    CHECK((d.dx - B.inverse()).norm() <= 1e-8);
  }
  CHECK((implicit_jacobian(root, zero, theta) - B.inverse()).norm() <= 1e-14);
  CHECK((implicit_jacobian(root, zero, theta, {.linear_solver = LinearSolver::gmres}) - B.inverse()).norm() <=
        1e-9);
  CHECK_THROWS_AS(implicit_jacobian(root, zero, theta, {.linear_solver = LinearSolver::conjugate_gradient}),
                  DomainError);
}

TEST_CASE("certificates of roots: with σ_min for ℓ, never below the error") {
  int bounds = 0, good = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    const Index n = 2 + static_cast<Index>(seed) % 6, p = 1 + static_cast<Index>(seed) % 3;
    const auto root = make_root(monotone(n, p, seed), n, p);
    test::Random random(seed);
    const Vector theta = random.vector(p), x0 = random.vector(n), w = random.vector(n);
    const Exact exact(root, theta);
    for (const Index steps : {5, 20, 80}) {
      for (const Reverse& method :
           {Reverse{.certify = Certify::always}, Reverse{.corrected = true, .certify = Certify::always}}) {
        const Derivative d = jacobian(root, GradientDescent{0.2}, x0, theta, {.steps = steps}, method);
        const Vjp v = vjp(root, GradientDescent{0.2}, x0, theta, w, {.steps = steps}, method);
        const auto check = [&](const Certificate& c, double error) {
          CAPTURE(c.message());
          REQUIRE(c.bound);
          CHECK(c.estimated());
          CHECK(error <= 1.5 * *c.bound + 1e-12);  // an estimate: of the constants at x_T
          ++bounds;
          good += c.verdict == Verdict::good;
        };
        check(d.certificate, (d.dx - exact.dx).norm());
        check(v.certificate, (v.dtheta - exact.dx.transpose() * w).norm());
      }
    }
  }
  CHECK(bounds == 144);
  CHECK(good >= 48);
}

TEST_CASE("what is wrong with a root is said") {
  const auto none = make_root([]<class V>(const V& x, const V& t) { return V(square(x) + t); }, 1, 1);
  const Vector one = Vector::Ones(1);
  const Trajectory lost =
      solve(none, Newton{.halvings = 8}, Vector(3 * one), one, {.steps = 40, .tolerance = 1e-8});
  CHECK(lost.status != Status::converged);
  const auto flat = make_root(
      []<class V>(const V& x, const V& t) {
        return stacked<V>({x[0] + x[1] - t[0], 2 * x[0] + 2 * x[1] - t[0]});
      },
      2, 1);
  CHECK_THROWS_WITH_AS(solve(flat, Newton{}, Vector(Vector::Ones(2)), one, {.steps = 3}),
                       doctest::Contains("smallest singular value"), NumericalError);
  CHECK_THROWS_WITH_AS(implicit_jacobian(flat, Vector::Ones(2), one), doctest::Contains("singular"),
                       NumericalError);
  const auto short_f = make_root([]<class V>(const V& x, const V&) { return V(head(x, 1)); }, 2, 1);
  CHECK_THROWS_WITH_AS(short_f.residual(Vector::Ones(2), one), doctest::Contains("1 entries"), ShapeError);
  CHECK_THROWS_WITH_AS(none.value(one, one), doctest::Contains("no objective"), UnsupportedError);
  CHECK_THROWS_AS(none.second_order(one, one, one, one), UnsupportedError);
  CHECK_THROWS_WITH_AS(jacobian(none, GradientDescent{0.1}, one, one, {.steps = 3}, Certified{}),
                       doctest::Contains("no symmetric H"), UnsupportedError);
  const auto curved = make_problem(
      [](const auto& x, const auto& t) {
        return 0.25 * square(squared_norm(x)) + 0.5 * squared_norm(x) - t[0] * x[0];
      },
      2, 1);
  CHECK_THROWS_WITH_AS(jacobian(curved, Newton{}, Vector(Vector::Ones(2)), one, {.steps = 3}, Reverse{}),
                       doctest::Contains("third derivatives"), UnsupportedError);
  CHECK(jacobian(curved, Newton{}, Vector(Vector::Ones(2)), one, {.steps = 12}, Implicit{}).dx.allFinite());
}

}  // namespace
}  // namespace unroll::roots
