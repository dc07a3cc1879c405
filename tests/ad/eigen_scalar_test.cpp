#include "unroll/ad/eigen_scalar.hpp"

#include <doctest/doctest.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <Eigen/QR>

#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

namespace {

template <class V>
using MatrixOf = Eigen::Matrix<scalar_t<V>, Eigen::Dynamic, Eigen::Dynamic>;
template <class V>
using VectorOf = Eigen::Matrix<scalar_t<V>, Eigen::Dynamic, 1>;

// The first nine entries as a matrix, the next three as a right-hand side.
template <class V>
MatrixOf<V> matrix_of(const V& v) {
  MatrixOf<V> A(3, 3);
  for (Index i = 0; i < 9; ++i) A(i % 3, i / 3) = v[i];
  return A;
}
template <class V>
VectorOf<V> rhs_of(const V& v) {
  VectorOf<V> b(3);
  for (Index i = 0; i < 3; ++i) b[i] = v[9 + i];
  return b;
}
template <class V, class D>
ad::array_t<V> result(const V&, const Eigen::MatrixBase<D>& x) {
  return ad::array_t<V>(VectorOf<V>(x));
}

const RuleOptions once{.second_order = false};
const Vector dense{{4, 1, 0.5, 1, 5, -1, 0.5, -1, 3, 1, -2, 0.5}};
const Vector with_zero_rhs{{4, 1, 0.5, 1, 5, -1, 0.5, -1, 3, 0, 0, 2}};
const Vector triangular_with_zeros{{4, 0, 0, 1, 5, 0, 0.5, -1, 3, 0, 0, 0}};

}  // namespace

TEST_CASE("Eigen's Cholesky of scalars with derivatives keeps the derivatives of exact zeros") {
  const auto f = [](const auto& v) {
    auto A = matrix_of(v);
    A = (A * A.transpose()).eval();
    return result(v, A.llt().solve(rhs_of(v)));
  };
  check_rule(once, f, dense);
  check_rule(once, f, with_zero_rhs);
  check_rule(once, f, triangular_with_zeros);
}

TEST_CASE("Eigen's LU of scalars with derivatives keeps the derivatives of exact zeros") {
  const auto f = [](const auto& v) { return result(v, matrix_of(v).partialPivLu().solve(rhs_of(v))); };
  check_rule(once, f, dense);
  check_rule(once, f, with_zero_rhs);
  check_rule(once, f, triangular_with_zeros);
}

TEST_CASE("Eigen's inverse and determinant of scalars keep the derivatives of exact zeros") {
  const auto f = [](const auto& v) {
    const auto A = matrix_of(v);
    return result(v, A.inverse() * rhs_of(v) * A.determinant());
  };
  check_rule(once, f, dense);
  check_rule(once, f, with_zero_rhs);
  check_rule(once, f, triangular_with_zeros);
}

TEST_CASE("Eigen's QR of scalars with derivatives keeps the derivatives of exact zeros") {
  const auto f = [](const auto& v) { return result(v, matrix_of(v).householderQr().solve(rhs_of(v))); };
  check_rule(once, f, dense);
  check_rule(once, f, with_zero_rhs);
  check_rule(once, f, triangular_with_zeros);
}

TEST_CASE("Eigen's products and reductions of scalars are differentiated twice") {
  check_rule(
      [](const auto& v) {
        const auto A = matrix_of(v);
        const auto b = rhs_of(v);
        return result(v, A * b + 2.0 * A.transpose() * b * b.squaredNorm() - b / b.norm());
      },
      dense);
}

TEST_CASE(
    "a constant matrix times an Eigen vector of scalars records two array nodes and one for the entries") {
  const Matrix A = matrix_point(20, 3);
  Tape tape;
  const VarVector x = tape.input(Vector(point(3)));
  Eigen::Matrix<Var, Eigen::Dynamic, 1> scalars(3);
  for (Index i = 0; i < 3; ++i) scalars[i] = x[i];
  const TapeStatistics before = tape.statistics();
  const Eigen::Matrix<Var, Eigen::Dynamic, 1> y = A * scalars;
  CHECK(tape.statistics().nodes == before.nodes + 3);  // assembly, product, entries
  CHECK(tape.statistics().arguments == before.arguments);
  Var total = 0.0;
  for (Index i = 0; i < 20; ++i) total += y[i];
  CHECK(tape.sweep(total).adjoint(x).isApprox(Matrix(A.transpose() * Vector::Ones(20))));
}

TEST_CASE("plain matrices times matrices of scalars, on either side, of any size") {
  const auto f = [](const auto& v) {
    using M = MatrixOf<std::decay_t<decltype(v)>>;
    const Matrix wide = Vector::LinSpaced(90, -1, 2).reshaped(30, 3);
    const M A = matrix_of(v), product = wide * A * wide.transpose();
    M twice = 2.0 * product * wide;
    twice.noalias() += wide * A.transpose();
    twice -= wide.transpose().transpose() * A;
    return result(v, twice.reshaped());
  };
  check_rule(once, f, dense);
}

TEST_CASE("a temporary matrix times an Eigen vector of scalars outlives the product") {
  Tape tape;
  const VarVector x = tape.input(Vector(point(3)));
  Eigen::Matrix<Var, Eigen::Dynamic, 1> scalars(3);
  for (Index i = 0; i < 3; ++i) scalars[i] = x[i];
  const Matrix A = matrix_point(20, 3);
  const Eigen::Matrix<Var, Eigen::Dynamic, 1> y = Matrix(2.0 * A) * scalars;
  const Matrix noise = Matrix::Constant(20, 3, 1e9);
  Var total = 0.0;
  for (Index i = 0; i < 20; ++i) total += y[i];
  CHECK(tape.sweep(total).adjoint(x).isApprox(Matrix(2 * A.transpose() * Vector::Ones(20))));
}
