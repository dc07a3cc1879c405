#include "unroll/ad/factorisation.hpp"

#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

namespace {
const Matrix square_root = matrix_point(4, 4, 3);
const Matrix definite_one = square_root * square_root.transpose() + Matrix::Identity(4, 4);
}  // namespace

TEST_CASE("a factorisation solves with A and its transpose, and is a linear rule") {
  const Matrix regular_one = square_root + 4 * Matrix::Identity(4, 4);
  const std::vector<std::pair<Factorisation, Matrix>> cases{
      {Factorisation::cholesky(definite_one), definite_one},
      {Factorisation::cholesky(Eigen::SparseMatrix<double>(definite_one.sparseView())), definite_one},
      {Factorisation::lu(regular_one), regular_one}};
  for (const auto& each : cases) {
    const Factorisation& factor = each.first;
    const Vector b = point(4);
    CHECK((each.second * factor.solve(b)).isApprox(b, 1e-13));
    CHECK((each.second.transpose() * factor.solve_transposed(b)).isApprox(b, 1e-13));
    check_rule([&](const auto& v) { return square(factor.solve(2.0 * v)); }, b);
    check_rule([&](const auto& m) { return factor.solve(m); }, matrix_point(4, 2));
    check_rule([&](const auto& v) { return factor.solve_transposed(v); }, b);
  }
}

TEST_CASE("a recording keeps the factors that it solved with") {
  Tape tape;
  const VarVector b = tape.input(point(4));
  const VarVector x = [&b] { return Factorisation::lu(Matrix(2.0 * Matrix::Identity(4, 4))).solve(b); }();
  CHECK(tape.sweep(sum(x)).adjoint(b) == Matrix(Vector::Constant(4, 0.5)));
}

TEST_CASE("what cannot be factorised, or does not fit, throws with sizes and pivots") {
  const Matrix indefinite = Vector{{1.0, -2.0}}.asDiagonal();
  CHECK_THROWS_WITH_AS(Factorisation::cholesky(indefinite),
                       "Factorisation::cholesky: A is 2x2 and not positive definite: pivot 1 is -2",
                       NumericalError);
  CHECK_THROWS_AS(Factorisation::cholesky(Eigen::SparseMatrix<double>(indefinite.sparseView())),
                  NumericalError);
  CHECK_THROWS_WITH_AS(Factorisation::lu(Matrix(Matrix::Ones(2, 2))),
                       "Factorisation::lu: A is 2x2 and singular: pivot 1 is 0", NumericalError);
  CHECK_THROWS_AS(Factorisation::lu(Matrix(2, 3)), ShapeError);
  CHECK_THROWS_WITH_AS(Factorisation::lu(indefinite).solve(point(3)), "factorisation: A is 2x2, b has 3 rows",
                       ShapeError);
  CHECK(Factorisation::lu(Matrix(0, 0)).solve(Vector(0)).size() == 0);
}
