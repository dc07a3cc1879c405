#include "unroll/theory/closed_form.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "solver/random_quadratic.hpp"
#include "support/worst.hpp"
#include "theory/reference.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/spectrum.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

namespace unroll {
namespace {

using test::QuadraticCase;
using test::random_quadratic;

/// x_t and ∂x_t side by side, n×(1+p): what the lines below are written on.
struct Differentiated {
  const QuadraticCase& c;
  Matrix H = c.problem.hessian_matrix(c.theta);

  /// [∇f(x) | d/dθ ∇f(x(θ), θ)].
  Matrix gradient(const Matrix& X) const {
    Matrix G = H * X;
    G.col(0) += c.problem.linear_term(c.theta);
    for (Index i = 0; i < c.theta.size(); ++i) {
      G.col(1 + i) +=
          c.problem.hessian_derivative(i, c.theta) * X.col(0) + c.problem.linear_term_derivative(i, c.theta);
    }
    return G;
  }
  Matrix start() const {
    Matrix X(c.x0.size(), 1 + c.theta.size());
    X << c.x0, c.dx0;
    return X;
  }
};

// The textbook lines, differentiated by hand: a linear combination of columns is differentiated column by
// column.
Matrix next(const GradientDescent& m, const Differentiated& f, const Matrix& X, const Matrix&, Index) {
  return X - m.step_size * f.gradient(X);
}
Matrix next(const HeavyBall& m, const Differentiated& f, const Matrix& X, const Matrix& previous, Index) {
  return X + m.momentum * (X - previous) - m.step_size * f.gradient(X);
}
Matrix next(const Nesterov& m, const Differentiated& f, const Matrix& X, const Matrix& previous, Index) {
  const Matrix Y = X + m.momentum * (X - previous);
  return Y - m.step_size * f.gradient(Y);
}
Matrix next(const Chebyshev& m, const Differentiated& f, const Matrix& X, const Matrix& previous, Index t) {
  const double l = m.smallest_eigenvalue, L = m.largest_eigenvalue, rho = (L - l) / (L + l);
  double omega = t == 0 ? 1 : 2;
  for (Index k = 0; k < t; ++k) omega = 1 / (1 - rho * rho * omega / 4);
  return omega * (X - 2 / (L + l) * f.gradient(X)) + (1 - omega) * previous;
}

/// The largest error of the closed form over all t ≤ steps, relative to max(‖∂x*‖, ‖∂x_t‖).
template <class M>
double error_of(ClosedForm form, const M& method, const QuadraticCase& c, Index steps) {
  const Differentiated f{c};
  Matrix X = f.start(), previous = X;
  test::Worst worst;
  for (Index t = 0; t <= steps; ++t) {
    const Matrix dx = X.rightCols(c.theta.size());
    const double scale = std::max(form.minimiser_jacobian().norm(), dx.norm());
    worst.add((form.jacobian() - dx).norm() / scale);
    worst.add(std::abs(form.error() - (dx - form.minimiser_jacobian()).norm()) / scale);
    worst.add((form.x() - X.col(0)).norm() / std::max(1.0, X.col(0).norm()));
    form.advance();
    previous = std::exchange(X, next(method, f, X, previous, t));
  }
  return worst;
}

template <class M>
ClosedForm closed_form(const QuadraticCase& c, const M& method, Formula formula = Formula::automatic) {
  return ClosedForm(c.problem, method, c.x0, c.theta, c.dx0, formula);
}

/// f(method) for the four methods on [l, L].
void for_each_method(double l, double L, const auto& f) {
  f(GradientDescent::short_step(L));
  f(GradientDescent::large_step(l, L));
  f(HeavyBall::optimal(l, L));
  f(Nesterov::optimal(l, L));
  f(Chebyshev{l, L});
}

TEST_CASE("the closed form is the derivative of the run, at every t, where H and its derivatives commute") {
  for (const unsigned seed : {1u, 2u, 3u}) {
    const QuadraticCase c = random_quadratic(10, 3, 0.02, 2, true, seed);
    for_each_method(0.02, 2, [&](const auto& method) {
      CHECK(closed_form(c, method).commuting());
      CHECK(error_of(closed_form(c, method), method, c, 200) <= 1e-12);
      CHECK(error_of(closed_form(c, method, Formula::general), method, c, 200) <= 1e-12);
    });
  }
}

TEST_CASE("the closed form is the derivative of the run, at every t, where they do not commute") {
  for (const unsigned seed : {1u, 2u, 3u}) {
    const QuadraticCase c = random_quadratic(10, 3, 0.02, 2, false, seed);
    for_each_method(0.02, 2, [&](const auto& method) {
      CHECK_FALSE(closed_form(c, method).commuting());
      CHECK(closed_form(c, method).commutator() > 0.01);
      CHECK(error_of(closed_form(c, method), method, c, 200) <= 1e-12);
      CHECK(error_of(closed_form(c, method, Formula::commuting), method, c, 200) > 0.01);
    });
  }
}

TEST_CASE("the closed form is the derivative of the run where eigenvalues coincide") {
  QuadraticCase c = random_quadratic(6, 2, 0.5, 1, false, 4);
  const Matrix E0 = c.problem.hessian_derivative(0, c.theta), E1 = c.problem.hessian_derivative(1, c.theta);
  c.problem = AffineQuadratic(Matrix::Identity(6, 6) - c.theta[0] * E0 - c.theta[1] * E1, {E0, E1},
                              Vector::Ones(6), Matrix::Ones(6, 2));
  for_each_method(0.5, 1.5, [&](const auto& method) {
    CHECK(error_of(closed_form(c, method, Formula::general), method, c, 60) <= 1e-12);
    CHECK(error_of(closed_form(c, method, Formula::commuting), method, c, 60) <= 1e-12);
  });
}

TEST_CASE("without a derivative of the start point it is zero") {
  QuadraticCase c = random_quadratic(5, 2, 0.1, 1, false, 8);
  c.dx0.setZero();
  const Chebyshev method{0.1, 1};
  CHECK(error_of(ClosedForm(c.problem, method, c.x0, c.theta), method, c, 30) <= 1e-12);
}

TEST_CASE("a problem of one variable and of one parameter has a closed form") {
  const QuadraticCase c = random_quadratic(1, 1, 0.7, 0.7, true, 2);
  const auto method = GradientDescent{0.3};
  CHECK(error_of(closed_form(c, method), method, c, 30) <= 1e-13);
}

TEST_CASE("a problem without parameters has a Jacobian of no columns") {
  const AffineQuadratic problem(Matrix::Identity(3, 3), {}, Vector::Ones(3), Matrix(3, 0));
  ClosedForm form(problem, GradientDescent{0.5}, Vector::Zero(3), Vector());
  form.advance();
  CHECK(form.jacobian().rows() == 3);
  CHECK(form.jacobian().cols() == 0);
  CHECK(form.x() == Vector::Constant(3, -0.5));
}

TEST_CASE("the closed form reports its step, the minimiser and the minimiser's Jacobian") {
  const QuadraticCase c = random_quadratic(6, 2, 0.1, 1, false, 9);
  ClosedForm form = closed_form(c, Chebyshev{0.1, 1});
  CHECK(form.step() == 0);
  CHECK((form.jacobian() - c.dx0).norm() <= 1e-13 * c.dx0.norm());
  CHECK(c.problem.gradient(form.minimiser(), c.theta).norm() <= 1e-13);
  for (int t = 0; t < 400; ++t) form.advance();
  CHECK(form.step() == 400);
  CHECK(form.jacobian() == form.minimiser_jacobian());
  CHECK(form.eigenvalues()[0] == doctest::Approx(0.1));
  const double h = 1e-5;
  for (Index i = 0; i < 2; ++i) {
    const Vector e = h * Vector::Unit(2, i);
    const Vector above = ClosedForm(c.problem, GradientDescent{1}, c.x0, c.theta + e).minimiser();
    const Vector below = ClosedForm(c.problem, GradientDescent{1}, c.x0, c.theta - e).minimiser();
    CHECK(((above - below) / (2 * h) - form.minimiser_jacobian().col(i)).norm() <=
          1e-6 * form.minimiser_jacobian().norm());
  }
}

TEST_CASE(
    "from a far start the Sobolev method's Jacobian stays near its start, where Chebyshev's gets many times "
    "worse") {
  const Index n = 60;
  const double l = 1.0 / 300, L = 1;
  // What the method is optimal for: errors of the start, in x and in ∂x, spread evenly over [ℓ, L], and no
  // correlation.
  const Vector lambda = Vector::LinSpaced(n, l + (L - l) / 120, L - (L - l) / 120);
  const Vector minimiser = Vector::Ones(n);
  const Vector derivative = Vector::NullaryExpr(n, [](Index j) { return j % 2 == 0 ? 1.0 : -1.0; });
  const Vector x0 = minimiser + 10 * Vector::NullaryExpr(n, [](Index j) { return j % 4 < 2 ? 1.0 : -1.0; });
  const Matrix H = lambda.asDiagonal();
  const AffineQuadratic problem(H, {Matrix::Identity(n, n)}, -H * minimiser, -H * derivative - minimiser);
  const Vector theta = Vector::Zero(1);
  const ClosedForm start(problem, GradientDescent::short_step(L), x0, theta);
  const double scale = start.minimiser_jacobian().norm();
  const double eta = (x0 - start.minimiser()).squaredNorm() / (scale * scale);
  const auto peak = [&](const auto& method) {
    ClosedForm form(problem, method, x0, theta);
    test::Worst largest;
    for (int t = 0; t < 300; ++t, form.advance()) {
      largest.add((form.jacobian() - form.minimiser_jacobian()).norm() / scale);
    }
    CHECK((form.jacobian() - form.minimiser_jacobian()).norm() <= 1e-6 * scale);
    return double{largest};
  };
  CHECK(peak(SobolevMeasure{.eta = eta, .smallest_eigenvalue = l, .largest_eigenvalue = L}) <= 1.5);
  CHECK(peak(Chebyshev{l, L}) >= 50);
}

TEST_CASE(
    "the closed form is the derivative of the independent program on a quadratic that does not commute") {
  std::map<std::string, Matrix> arrays;
  for (const int pass : {0, 1}) {
    std::map<std::string, Index> rows, cols;
    for (const auto& cell : test::reference_rows("noncommuting_problem.csv")) {
      const Index i = std::stoi(cell[1]), j = std::stoi(cell[2]);
      if (pass == 1) arrays[cell[0]](i, j) = std::stod(cell[3]);
      rows[cell[0]] = std::max(rows[cell[0]], i + 1);
      cols[cell[0]] = std::max(cols[cell[0]], j + 1);
    }
    if (pass == 0) {
      for (const auto& [name, count] : rows) arrays[name] = Matrix::Zero(count, cols[name]);
    }
  }
  const AffineQuadratic problem(arrays.at("H0"), {arrays.at("E0"), arrays.at("E1")}, arrays.at("b0"),
                                arrays.at("db"));
  const Vector theta = arrays.at("theta"), x0 = arrays.at("x0");
  const auto [l, L] = spectrum(problem.hessian_matrix(theta));
  const std::map<std::string, ClosedForm> starts{
      {"gd-short", ClosedForm(problem, GradientDescent::short_step(L), x0, theta)},
      {"gd-large", ClosedForm(problem, GradientDescent::large_step(l, L), x0, theta)},
      {"heavy-ball", ClosedForm(problem, HeavyBall::optimal(l, L), x0, theta)},
      {"chebyshev", ClosedForm(problem, Chebyshev{l, L}, x0, theta)}};
  int compared = 0;
  for (const auto& row : test::reference_rows("noncommuting_jacobians.csv")) {
    ClosedForm form = starts.at(row[0]);
    CHECK_FALSE(form.commuting());
    for (int t = 0; t < std::stoi(row[1]); ++t) form.advance();
    const double expected = std::stod(row[4]);
    CAPTURE(row[0]);
    CAPTURE(row[1]);
    CHECK(std::abs(form.jacobian()(std::stoi(row[2]), std::stoi(row[3])) - expected) <=
          1e-9 * std::abs(expected) + 1e-12);
    ++compared;
  }
  CHECK(compared == 128);
}

TEST_CASE("a closed form refuses arrays of a wrong size, entries that are not finite, and a wrong method") {
  const QuadraticCase c = random_quadratic(4, 2, 0.1, 1, false, 3);
  const GradientDescent method{1};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(ClosedForm(c.problem, method, Vector::Ones(3), c.theta),
                       "closed form: x has 3 entries, the problem has 4 variables", ShapeError);
  CHECK_THROWS_AS(ClosedForm(c.problem, method, c.x0, Vector::Ones(1)), ShapeError);
  CHECK_THROWS_WITH_AS(ClosedForm(c.problem, method, c.x0, c.theta, Matrix::Ones(4, 3)),
                       "closed form: dx0 is 4x3, expected 4x2", ShapeError);
  CHECK_THROWS_AS(ClosedForm(c.problem, method, nan * c.x0, c.theta), DomainError);
  CHECK_THROWS_AS(ClosedForm(c.problem, method, c.x0, nan * c.theta), DomainError);
  CHECK_THROWS_AS(ClosedForm(c.problem, method, c.x0, c.theta, nan * c.dx0), DomainError);
  CHECK_THROWS_AS(ClosedForm(c.problem, GradientDescent{-1}, c.x0, c.theta), DomainError);
  CHECK_THROWS_AS(ClosedForm(c.problem, Chebyshev{1, 0.1}, c.x0, c.theta), DomainError);
}

TEST_CASE("a quadratic that is not convex has no closed form") {
  const QuadraticCase c = random_quadratic(4, 1, 0.1, 1, true, 3);
  const AffineQuadratic problem(-Matrix::Identity(4, 4), {Matrix::Zero(4, 4)}, Vector::Ones(4),
                                Matrix::Zero(4, 1));
  CHECK_THROWS_AS(ClosedForm(problem, GradientDescent{1}, c.x0, c.theta), NumericalError);
}

}  // namespace
}  // namespace unroll
