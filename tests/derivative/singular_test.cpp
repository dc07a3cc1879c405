// Linear systems that have no solution, or are only hard: by Newton's method and implicit differentiation,
// dense, sparse and without a matrix.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <random>

#include "unroll/derivative/implicit.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/root.hpp"
#include "unroll/solver/linear_solve.hpp"
#include "unroll/solver/newton.hpp"
#include "unroll/solver/solve.hpp"

namespace unroll::singular {
namespace {

/// ½ Σ w_i (u_{i+1} − u_i)² − θ (u_0 − u_{n−1}): a chain that is free at both ends, H is singular.
struct FreeChain {
  Vector w;
  bool tells;
  std::optional<SparsePattern> pattern() const {
    return tells ? std::optional(SparsePattern::band(w.size() + 1, 1, 1)) : std::nullopt;
  }
  template <class V>
  scalar_t<V> operator()(const V& u, const V& theta) const {
    const Index n = u.size();
    const V stretch = tail(u, n - 1) - head(u, n - 1);
    return 0.5 * dot(w, V(cwise_product(stretch, stretch))) - theta[0] * (u[0] - u[n - 1]);
  }
};

/// ½ ‖Δu‖² − θ Σ u on a line: a beam, condition number about n⁴.
struct Beam {
  bool tells;
  Index n;
  std::optional<SparsePattern> pattern() const {
    return tells ? std::optional(SparsePattern::band(n, 2, 2)) : std::nullopt;
  }
  template <class V>
  scalar_t<V> operator()(const V& u, const V& theta) const {
    const Vector end = Vector::Zero(1);
    const V bent = V(concatenate(end, head(u, n - 1))) + V(concatenate(tail(u, n - 1), end)) - 2.0 * u;
    return 0.5 * squared_norm(bent) - theta[0] * sum(u);
  }
};

TEST_CASE(
    "a singular matrix is refused, dense and sparse, whatever rounding makes of it; others are solved") {
  const Vector one = Vector::Ones(1);
  for (const Index n : {7, 64, 100, 300})
    for (const double uneven : {0.1, 0.37}) {
      CAPTURE(n);
      const Vector w =
          Vector::NullaryExpr(n - 1, [&](Index i) { return 1 + uneven * static_cast<double>(i % 7); });
      for (const bool tells : {false, true}) {
        const auto chain = make_problem(FreeChain{w, tells}, n, 1);
        const LinearSolver direct = tells ? LinearSolver::sparse : LinearSolver::dense;
        CHECK_THROWS_WITH_AS(
            implicit_jacobian(chain, Vector::Zero(n), one, {.linear_solver = direct}),
            doctest::Contains(fmt::format("implicit: linear solve: H is {}x{} and", n, n).c_str()),
            NumericalError);
        CHECK_THROWS_WITH_AS(solve(chain, Newton{}, Vector(Vector::Zero(n)), one, {.steps = 1}),
                             doctest::Contains("Newton: linear solve: H is"), NumericalError);
        CHECK_NOTHROW(solve(chain, Newton{.damping = 0.1}, Vector(Vector::Zero(n)), one, {.steps = 1}));
      }
    }
  // The difference of the two is the solver's alone.
  for (const Index n : {50, 100, 300, 1000}) {
    const auto of = [&](bool tells) {
      return implicit_jacobian(make_problem(Beam{tells, n}, n, 1), Vector::Zero(n), one,
                               {.linear_solver = tells ? LinearSolver::sparse : LinearSolver::dense});
    };
    const Matrix sparse = of(true), dense = of(false);
    CHECK((sparse - dense).norm() <= 1e-16 * std::pow(static_cast<double>(n), 4) * dense.norm());
  }
  // Rows and columns in units of their own are no sign of a singular matrix.
  std::mt19937 engine(3);
  std::normal_distribution<double> normal;
  for (const Index n : {1, 3, 20, 90}) {
    const auto random = [&] { return Matrix(Matrix::NullaryExpr(n, n, [&] { return normal(engine); })); };
    const Vector units = Vector::NullaryExpr(n, [&](Index i) { return std::pow(10.0, 40 * (i % 3) - 40); });
    const Matrix A = random(), scaled = units.asDiagonal() * A,
                 spd = A * A.transpose() + Matrix::Identity(n, n);
    CHECK_NOTHROW(factorised(scaled, false, "A"));
    CHECK_NOTHROW(factorised(Matrix(A * units.asDiagonal()), false, "A"));
    CHECK_NOTHROW(factorised(Matrix(units.asDiagonal() * spd * units.asDiagonal()), true, "A"));
    if (n == 1) continue;
    // Of rank n − 1, but for rounding.
    const Vector null = random().col(0).normalized();
    const Matrix flat = A - A * null * null.transpose();
    CHECK_THROWS_WITH_AS(factorised(flat, false, "A"), doctest::Contains("smallest singular value"),
                         NumericalError);
    CHECK_THROWS_AS(factorised(Matrix(units.asDiagonal() * flat), false, "A"), NumericalError);
    CHECK_THROWS_AS(factorised(Matrix(flat * flat.transpose()), true, "A"), NumericalError);
    CHECK_THROWS_AS(factorised(Eigen::SparseMatrix<double>(flat.sparseView()), false, "A"), NumericalError);
  }
}

TEST_CASE("an iteration that breaks down says so, and whose it was") {
  const Vector zero = Vector::Zero(2), one = Vector::Ones(1);
  const auto singular = make_root(
      []<class V>(const V& x, const V& t) {
        const V both = head(x, 1) + tail(x, 1);
        return V(concatenate(V(both - t), both));
      },
      2, 1);
  for (const LinearSolver solver : {LinearSolver::gmres, LinearSolver::bicgstab})
    CHECK_THROWS_WITH_AS(solve(singular, Newton{.linear = {.solver = solver}}, zero, one, {.steps = 1}),
                         doctest::Contains("Newton: linear solve"), NumericalError);
  // Turning by a right angle: rᵀAr = 0.
  const auto turned = make_root(
      []<class V>(const V& x, const V& t) { return V(concatenate(V(tail(x, 1) - t), V(-1.0 * head(x, 1)))); },
      2, 1);
  CHECK_THROWS_WITH_AS(
      solve(turned, Newton{.linear = {.solver = LinearSolver::bicgstab}}, zero, one, {.steps = 1}),
      doctest::Contains("take gmres"), NumericalError);
  CHECK(solve(turned, Newton{.linear = {.solver = LinearSolver::gmres}}, zero, one, {.steps = 1}).x() ==
        Vector{{0, 1}});
}

}  // namespace
}  // namespace unroll::singular
