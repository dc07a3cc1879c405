#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

namespace {
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
}  // namespace

TEST_CASE("a constant matrix in any form is applied to a vector and transposed for its adjoint") {
  const Matrix A = matrix_point(4, 3, 1), square = matrix_point(3, 3, 2), large = matrix_point(6, 7, 3);
  const RowMajor row_major = A;
  const Vector x = point(3);
  SUBCASE("an lvalue") {
    check_rule([&](const auto& v) { return A * v; }, x);
  }
  SUBCASE("a temporary") {
    check_rule([&](const auto& v) { return Matrix(2.0 * A) * v; }, x);
  }
  SUBCASE("an expression") {
    check_rule([&](const auto& v) { return (A + A) * v; }, x);
  }
  SUBCASE("a transpose") {
    check_rule([&](const auto& v) { return A.transpose() * v; }, point(4));
  }
  SUBCASE("a block") {
    check_rule([&](const auto& v) { return large.block(1, 2, 4, 3) * v; }, x);
  }
  SUBCASE("a transposed block") {
    check_rule([&](const auto& v) { return large.block(1, 2, 3, 4).transpose() * v; }, x);
  }
  SUBCASE("row-major") {
    check_rule([&](const auto& v) { return row_major * v; }, x);
  }
  SUBCASE("a row-major block") {
    check_rule([&](const auto& v) { return row_major.middleRows(1, 2) * v; }, x);
  }
  SUBCASE("a map") {
    check_rule([&](const auto& v) { return Eigen::Map<const Matrix>(A.data(), 4, 3) * v; }, x);
  }
  SUBCASE("one row of many") {
    check_rule([&](const auto& v) { return large.row(2) * v; }, point(7));
  }
  SUBCASE("one column") {
    check_rule([&](const auto& v) { return large.col(2) * v; }, point(1));
  }
  SUBCASE("two in a row, and of a combination") {
    check_rule([&](const auto& v) { return square * (square * v - 2.0 * v); }, x);
  }
}

TEST_CASE("a constant matrix is multiplied with a matrix from either side") {
  const Matrix A = matrix_point(4, 3, 1), B = matrix_point(2, 5, 2), X = matrix_point(3, 2, 3);
  const Vector b = point(2);
  check_rule([&](const auto& m) { return A * m; }, X);
  check_rule([&](const auto& m) { return A.transpose() * m; }, matrix_point(4, 2));
  check_rule([&](const auto& m) { return m * B; }, X);
  check_rule([&](const auto& m) { return m * B.transpose(); }, matrix_point(3, 5));
  check_rule([&](const auto& m) { return m * b; }, X);
  check_rule([&](const auto& m) { return m * Matrix(3.0 * B); }, X);
}

TEST_CASE("two taped operands of a product are both differentiated") {
  const Matrix A = matrix_point(4, 3, 1), X = matrix_point(3, 2, 2);
  check_rule([](const auto& a, const auto& v) { return a * v; }, A, point(3));
  check_rule([](const auto& a, const auto& m) { return a * m; }, A, X);
  check_rule([](const auto& m) { return m * m; }, matrix_point(3, 3));
  check_rule([](const auto& m) { return transpose(m) * m; }, A);
  check_rule([](const auto& m) { return transpose(m); }, A);
  check_rule([](const auto& a, const auto& v) { return transpose(a) * (a * v); }, A, point(3));
}

TEST_CASE("a sparse matrix and an operator are applied as the dense matrix is") {
  const Matrix A = matrix_point(4, 3, 1);
  const Eigen::SparseMatrix<double> sparse = A.sparseView(0.5, 1.0);
  Eigen::SparseMatrix<double> changeable = sparse;
  const LinearOperator op{4, 3, [&](const Vector& v) { return Vector(A * v); },
                          [&](const Vector& v) { return Vector(A.transpose() * v); }};
  check_rule([&](const auto& v) { return sparse * v; }, point(3));
  check_rule([&](const auto& v) { return sparse.transpose() * v; }, point(4));
  check_rule([&](const auto& v) { return changeable.transpose() * v; }, point(4));
  check_rule([&](const auto& m) { return sparse * m; }, matrix_point(3, 2));
  check_rule([&](const auto& v) { return op * v; }, point(3));
  check_rule([&](const auto& v) { return transpose_product(op, v); }, point(4));
  check_rule([&](const auto& m) { return op * m; }, matrix_point(3, 2));
}

TEST_CASE("a convolution on a ring is its circulant matrix, through the steps of a run too") {
  constexpr Index n = 6;
  const Vector kernel = point(n, 3), y = point(n, 4);
  const auto along = [&](Index sign) {
    return [&kernel, sign](const Vector& x) {
      Vector sums = Vector::Zero(n);
      for (Index i = 0; i < n; ++i)
        for (Index k = 0; k < n; ++k) sums[(i + sign * k + n) % n] += kernel[k] * x[i];
      return sums;
    };
  };
  const LinearOperator op{n, n, along(1), along(-1)};
  const Matrix circulant =
      Matrix::NullaryExpr(n, n, [&](Index i, Index j) { return kernel[(i - j + n) % n]; });
  check_rule([&](const auto& v) { return square(op * v); }, y);
  check_rule([&](const auto& v) { return square(transpose_product(op, v)); }, y);
  const auto run = [&](const auto& A, const auto& back) {  // gradient descent on ½‖A x − y‖² + ½ θ ‖x‖²
    return [&, back](const auto& theta) {
      using V = std::remove_cvref_t<decltype(theta)>;
      V x = V(y) * theta[0];
      for (int t = 0; t < 5; ++t) {
        const V rest = A * x - y;
        x = V(x - 0.05 * (V(back(rest)) + theta[0] * x));
      }
      return squared_norm(x);
    };
  };
  const Matrix transposed = circulant.transpose();
  const auto by_operator = run(op, [&](const auto& v) { return transpose_product(op, v); });
  const auto by_matrix = run(circulant, [&](const auto& v) { return transposed * v; });
  const Vector theta{{0.4}}, one{{1.0}};
  check_rule(by_operator, theta);
  const auto close = [](const Vector& a, const Vector& b) { return std::abs(a[0] / b[0] - 1) <= 1e-13; };
  CHECK(close(gradient(by_operator, theta), gradient(by_matrix, theta)));
  CHECK(
      close(hessian_vector_product(by_operator, theta, one), hessian_vector_product(by_matrix, theta, one)));
}

TEST_CASE("a product over an empty dimension is zero, and so is its derivative") {
  const Matrix wide = Matrix::Ones(2, 0), tall = Matrix::Ones(0, 2);
  const Eigen::SparseMatrix<double> sparse_wide = wide.sparseView();
  Tape tape;
  const VarVector x = tape.input(Vector(Vector::Ones(2)));
  const VarVector none = tape.input(Vector(0));
  CHECK(VarVector(wide * none).value() == Vector::Zero(2));
  CHECK(VarVector(sparse_wide * none).value() == Vector::Zero(2));
  CHECK((wide * DualVector(Vector(0), Matrix(0, 3))).tangents() == Matrix::Zero(2, 3));
  const VarVector y = concatenate(tall * x, x);
  CHECK(tape.sweep(y, Matrix::Ones(2, 2)).adjoint(x) == Matrix::Ones(2, 2));
  const VarVector z = VarVector(wide * (tall * x)) + x;
  CHECK(tape.sweep(z, Matrix::Ones(2, 2)).adjoint(x) == Matrix::Ones(2, 2));
}
