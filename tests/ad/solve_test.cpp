#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

namespace {
Matrix regular(Index n) { return matrix_point(n, n, 3) + 4 * Matrix::Identity(n, n); }
Matrix positive_definite(Index n) {
  const Matrix A = matrix_point(n, n, 3);
  return A * A.transpose() + Matrix::Identity(n, n);
}
const RuleOptions of_any{};
const RuleOptions symmetric{.symmetric = true};
}  // namespace

TEST_CASE("a solve by LU is differentiated in the matrix and in the right-hand side, vector or matrix") {
  const Matrix A = regular(3), B = matrix_point(3, 2);
  const Vector b = point(3);
  check_rule(
      of_any, [](const auto& a, const auto& v) { return solve_lu(a, v); }, A, b);
  check_rule(
      of_any, [](const auto& a, const auto& v) { return solve_lu(a, v); }, A, B);
  check_rule(
      of_any, [&](const auto& v) { return solve_lu(A, v); }, b);
  check_rule(
      of_any, [&](const auto& v) { return solve_lu(A, v); }, B);
  check_rule(
      of_any, [&](const auto& a) { return solve_lu(a, b); }, A);
  check_rule(
      of_any, [&](const auto& a) { return solve_lu(a, B); }, A);
  check_rule(
      of_any, [](const auto& a) { return solve_lu(a, a * a); }, A);
}

TEST_CASE(
    "a solve by Cholesky is differentiated along symmetric changes of the matrix, and in the right-hand "
    "side") {
  const Matrix A = positive_definite(3), B = matrix_point(3, 2);
  const Vector b = point(3);
  check_rule(
      symmetric, [](const auto& a, const auto& v) { return solve_cholesky(a, v); }, A, b);
  check_rule(
      symmetric, [](const auto& a, const auto& v) { return solve_cholesky(a, v); }, A, B);
  check_rule(
      of_any, [&](const auto& v) { return solve_cholesky(A, v); }, b);
  check_rule(
      symmetric, [&](const auto& a) { return solve_cholesky(a, b); }, A);
  check_rule(
      of_any,
      [&](const auto& m) { return solve_cholesky(transpose(m) * m + Matrix(Matrix::Identity(3, 3)), b); },
      matrix_point(4, 3));
}

TEST_CASE("a solve by Cholesky has the derivative of the triangle that it reads") {
  const Matrix A = positive_definite(2), E{{0.0, 0.0}, {1.0, 0.0}};
  const Vector b = point(2);
  check_rule(
      of_any, [&](const auto& v) { return solve_cholesky(A + 0.1 * (v[0] * E), b); }, point(1));
  check_rule(
      of_any, [](const auto& a, const auto& v) { return solve_cholesky(a, v); }, A, b);
}

TEST_CASE("a triangular solve reads its triangle alone, and so does its derivative") {
  const Matrix A = regular(3), B = matrix_point(3, 2);
  const Vector b = point(3);
  check_rule([](const auto& a, const auto& v) { return solve_lower(a, v); }, A, b);
  check_rule([](const auto& a, const auto& v) { return solve_upper(a, v); }, A, B);
  check_rule([&](const auto& a) { return solve_upper(a, b); }, A);
  check_rule([&](const auto& v) { return solve_lower(A, v); }, b);
  const Matrix lower = A.triangularView<Eigen::Lower>(), upper = A.triangularView<Eigen::Upper>();
  CHECK((lower * solve_lower(A, b)).isApprox(b, 1e-14));
  CHECK((upper * solve_upper(A, B)).isApprox(B, 1e-14));
  CHECK_THROWS_WITH_AS(solve_lower(Matrix{{1.0, 0.0}, {1.0, 0.0}}, Vector(Vector::Ones(2))),
                       "solve_lower: A is 2x2 and singular: pivot 1 is 0", NumericalError);
}

TEST_CASE("a system of one unknown, and one of none, is solved") {
  check_rule(
      of_any, [](const auto& a, const auto& v) { return solve_lu(a, v); },
      Matrix(Matrix::Constant(1, 1, 2.0)), point(1));
  CHECK(solve_lu(Matrix(0, 0), Vector(0)).size() == 0);
  CHECK(solve_cholesky(Matrix(0, 0), Vector(0)).size() == 0);
}

TEST_CASE("a matrix without solution throws with the pivot that failed") {
  const Matrix indefinite = Vector{{1.0, -2.0}}.asDiagonal(), singular = Matrix::Ones(2, 2);
  const Vector b = Vector::Ones(2);
  CHECK_THROWS_WITH_AS(solve_cholesky(indefinite, b),
                       "solve_cholesky: A is 2x2 and not positive definite: pivot 1 is -2", NumericalError);
  CHECK_THROWS_WITH_AS(solve_lu(singular, b), "solve_lu: A is 2x2 and singular: pivot 1 is 0",
                       NumericalError);
  const Matrix unknown{{1.0, 0.0}, {NAN, 2.0}};
  using Solve = Vector (*)(const Matrix&, const Vector&);
  for (const Solve solve :
       {Solve([](const Matrix&m, const Vector&v) { return Vector(solve_lu(m, v)); }),
        Solve([](const Matrix&m, const Vector&v) { return Vector(solve_cholesky(m, v)); })})
    CHECK_THROWS_WITH_AS(solve(unknown, b), doctest::Contains("not finite"), NumericalError);
  Tape tape;
  const VarMatrix A = tape.input(singular);
  CHECK_THROWS_AS(solve_lu(A, b), NumericalError);
  const VarVector x = tape.input(b);
  CHECK(tape.sweep(solve_cholesky(Matrix(2.0 * Matrix::Identity(2, 2)), x), b)
            .adjoint(x)
            .isApprox(Matrix(0.5 * b), 1e-14));
}

TEST_CASE("a system whose sizes do not fit throws with them") {
  CHECK_THROWS_WITH_AS(solve_lu(Matrix(2, 3), Vector(2)), "solve_lu: A is 2x3, not square", ShapeError);
  CHECK_THROWS_WITH_AS(solve_cholesky(Matrix(2, 2), Vector(3)), "solve_cholesky: A is 2x2, b has 3 rows",
                       ShapeError);
}
