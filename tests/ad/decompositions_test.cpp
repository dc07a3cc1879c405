#include "unroll/ad/decompositions.hpp"

#include <Eigen/LU>

#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

namespace {
const Matrix general = matrix_point(3, 3, 3);
const Matrix definite = general * general.transpose() + Matrix::Identity(3, 3);
const Matrix indefinite{{1.0, 0.3, -0.5}, {0.3, -2.0, 0.4}, {-0.5, 0.4, 3.0}};
const Vector some_vector = point(3);
}  // namespace

TEST_CASE("a Cholesky factor is differentiated in the triangle that is read") {
  check_rule([](const auto& a) { return cholesky_factor(a); }, definite);
  check_rule([](const auto& a) { return cholesky_factor(a); }, Matrix(Matrix::Constant(1, 1, 2.0)));
  const Matrix l = cholesky_factor(definite);
  CHECK((l * l.transpose()).isApprox(definite));
  CHECK_THROWS_AS(cholesky_factor(indefinite), NumericalError);
  CHECK_THROWS_WITH_AS(cholesky_factor(matrix_point(2, 3)), "cholesky_factor: A is 2x3, not square",
                       ShapeError);
}

TEST_CASE("determinants, inverses and quadratic forms are differentiated twice") {
  check_rule([](const auto& a) { return log_det(a); }, general);
  check_rule([](const auto& a) { return log_det(a) * trace(a); }, Matrix(Matrix::Constant(1, 1, -2.0)));
  check_rule([](const auto& a) { return log_det_cholesky(a); }, definite);
  check_rule([](const auto& a) { return inverse(a); }, general);
  check_rule([](const auto& a, const auto& v) { return quadratic_form(a, v); }, general, some_vector);
  check_rule([](const auto& v) { return quadratic_form(general, v); }, some_vector);
  CHECK(log_det_cholesky(definite) == doctest::Approx(log_det(definite)).epsilon(1e-13));
  CHECK(log_det(general) == doctest::Approx(std::log(std::abs(general.determinant()))).epsilon(1e-13));
  CHECK_THROWS_AS(log_det(Matrix(Matrix::Ones(2, 2))), NumericalError);
}

TEST_CASE("eigenvalues and eigenvectors of a symmetric matrix are differentiated twice") {
  check_rule([](const auto& a) { return eigenvalues(a); }, indefinite);
  check_rule([](const auto& a) { return symmetric_eigen(a).vectors; }, indefinite);
  check_rule(
      [](const auto& a) {
        const auto eigen = symmetric_eigen(a);
        return scale_columns(eigen.vectors, exp(eigen.values));
      },
      indefinite);
  const auto eigen = symmetric_eigen(indefinite);
  CHECK((indefinite * eigen.vectors).isApprox(eigen.vectors * eigen.values.asDiagonal()));
}

TEST_CASE("eigenvectors of a diagonal matrix have the derivatives of their exact zeros") {
  const Matrix a{{1.0, 0.0}, {0.0, 2.0}}, change{{0.3, 0.7}, {0.7, -0.2}};
  const auto eigen = symmetric_eigen(DualMatrix(a, Matrix(change.reshaped())));
  const Dual product = eigen.vectors(0, 0) * eigen.vectors(1, 0);
  CHECK(product.tangents()(0) == doctest::Approx(-0.7));
  CHECK(eigen.values[0].tangents()(0) == doctest::Approx(0.3));
}

TEST_CASE("where eigenvalues meet, their sum has a derivative, and eigenvectors say which gap is none") {
  const Matrix twice{{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 4.0}};
  Tape tape;
  const VarMatrix a = tape.input(twice);
  CHECK(tape.sweep(sum(head(eigenvalues(a), 2))).adjoint(a) ==
        Matrix(Matrix{{1.0, 0.0, 0.0}, {0.0, 1.0, 0.0}, {0.0, 0.0, 0.0}}.reshaped()));
  const Var bad = symmetric_eigen(a).vectors(0, 1);
  std::string message;
  try {
    tape.sweep(bad);
  } catch (const NumericalError& error) {
    message = error.what();
  }
  CHECK(message.find("eigenvalues 0 and 1 are 1 and 1, a gap of 0") != std::string::npos);
}

TEST_CASE("an empty matrix has no eigenvalues") {
  CHECK(eigenvalues(Matrix(0, 0)).size() == 0);
  CHECK(symmetric_eigen(Matrix(0, 0)).values.size() == 0);
  Tape tape;
  CHECK(eigenvalues(tape.input(Matrix(0, 0))).size() == 0);
}

TEST_CASE("singular values are differentiated three times, of wide and tall matrices") {
  const Matrix wide = matrix_point(2, 4, 7);
  check_rule([](const auto& m) { return sum(square(singular_values(m))) + singular_values(m)[0]; },
             Matrix(wide.topLeftCorner(2, 2)));
  for (const Matrix& x : {wide, Matrix(wide.transpose()), matrix_point(3, 5, 2), matrix_point(1, 4, 3)}) {
    check_rule([](const auto& m) { return singular_values(m); }, x);
    check_rule([](const auto& m) { return sum(exp(singular_values(m))); }, x);
  }
  const auto first = [](const auto& v) { return singular_values(reshape(v, 2, 2))[0]; };
  const auto last = [](const auto& v) { return singular_values(reshape(v, 2, 2))[1]; };
  const Vector along = Vector::Unit(4, 1);
  CHECK_THROWS_AS(hessian_vector_product(first, Vector{{2., 0., 0., 2.}}, along), NumericalError);
  CHECK_THROWS_AS(hessian_vector_product(last, Vector{{2., 0., 0., 0.}}, Vector(Vector::Ones(4))),
                  NumericalError);
  const Vector squares = eigenvalues(Matrix(wide * wide.transpose()));  // ascending
  CHECK(square(singular_values(wide)).isApprox(Vector(squares.reverse())));
}

TEST_CASE("where eigenvalues meet, what asks only in a derivative is heard, and a gap of -1 is none of 0") {
  const auto power_sum = [](const auto& t) {
    const auto A = reshape(t, 3, 3);
    return sum(pow(eigenvalues(A), 3.0));
  };
  const Matrix A = Vector{{2, 2, 5}}.asDiagonal();
  Vector v = Vector::Zero(9), w = Vector::Zero(9);
  v[2 + 1 * 3] = 1;  // (2, 1)
  w[2 + 0 * 3] = 1;  // (2, 0)
  CHECK_THROWS_AS(third_derivative_product(power_sum, Vector(A.reshaped()), v, w), NumericalError);

  const Matrix far = Vector{{1, 2, 1e15}}.asDiagonal();
  const auto entry = [](const auto& t) { return symmetric_eigen(reshape(t, 3, 3)).vectors(2, 0); };
  const Vector slope = gradient(entry, Vector(far.reshaped()));
  CHECK(slope[2] == doctest::Approx(-1e-15));
  CHECK(slope.allFinite());
  // Along entries (2, 0) and (2, 1): along (1, 0) the eigenvalues 1 and 2 meet, to the rounding of 1e15.
  Matrix tangents = Matrix::Zero(9, 2);
  tangents(2, 0) = tangents(5, 1) = 1;
  const auto pushed = Matrix(entry(DualVector(Vector(far.reshaped()), tangents)).tangents());
  CHECK(pushed(0, 0) == doctest::Approx(-1e-15));
  CHECK(pushed(0, 1) == 0);
}

TEST_CASE("tangents above the diagonal are not read, whatever stands there") {
  const Matrix A{{4, 1}, {1, 3}};
  Matrix D{{1, 0}, {0.5, 2}};
  const auto tangents = [&] {
    const DualMatrix a(A, Matrix(D.reshaped()));
    return std::pair{Matrix(cholesky_factor(a).tangents()), Matrix(eigenvalues(a).tangents())};
  };
  const auto [factor, values] = tangents();
  D(0, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK(tangents().first == factor);
  CHECK(tangents().second == values);
}
