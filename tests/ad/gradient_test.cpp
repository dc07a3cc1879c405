#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

namespace {
const auto rosenbrock = [](const auto& x) { return 100.0 * square(x[1] - x[0] * x[0]) + square(1.0 - x[0]); };
const Vector at{{-1.2, 1.0}};
}  // namespace

TEST_CASE("the gradient of Rosenbrock's function is the textbook's") {
  CHECK(gradient(rosenbrock, at).isApprox(Vector{{-215.6, -88.0}}, 1e-14));
}

TEST_CASE("the Hessian of Rosenbrock's function is the textbook's, by columns and at once") {
  const Matrix hessian{{1330.0, 480.0}, {480.0, 200.0}};
  CHECK(hessian_vector_product(rosenbrock, at, Matrix(Matrix::Identity(2, 2))).isApprox(hessian, 1e-14));
  CHECK(hessian_vector_product(rosenbrock, at, Vector(Vector::Unit(2, 1)))
            .isApprox(Vector(hessian.col(1)), 1e-14));
  CHECK(hessian_vector_product(rosenbrock, at, Vector::Ones(2)).isApprox(hessian * Vector::Ones(2), 1e-14));
  CHECK(hessian_vector_product(rosenbrock, at, Matrix(2, 0)).size() == 0);
}

TEST_CASE("a Jacobian is the same by rows and by columns") {
  const Matrix A = matrix_point(5, 3), B = matrix_point(2, 3);
  const Vector x = point(3);
  const auto tall = [&](const auto& v) { return tanh(A * v); };
  const auto wide = [&](const auto& v) { return tanh(B * v); };
  const auto taped_only = [&](const VarVector& v) { return VarVector(tanh(A * v)); };
  const auto exact = [&](const Matrix& M) {
    return Matrix((1 - (M * x).array().tanh().square()).matrix().asDiagonal() * M);
  };
  CHECK(jacobian(tall, x).isApprox(exact(A), 1e-13));
  CHECK(jacobian(wide, x).isApprox(exact(B), 1e-13));
  CHECK(jacobian(taped_only, x).isApprox(exact(A), 1e-13));
}

TEST_CASE("what does not depend on x has a derivative of zeros") {
  const Vector c{{1, 2, 3}};
  CHECK(gradient([](const VarVector&) { return Var(3.0); }, at) == Vector::Zero(2));
  CHECK(jacobian([&](const VarVector&) { return VarVector(c); }, at) == Matrix::Zero(3, 2));
  CHECK(hessian_vector_product([](const VarVector&) { return Var(3.0); }, at, Matrix(Matrix::Ones(2, 2))) ==
        Matrix::Zero(2, 2));
  CHECK(gradient([](const auto& v) { return v[0]; }, at) == Vector{{1, 0}});
}

TEST_CASE("empty arguments and results have empty derivatives") {
  CHECK(gradient([](const auto& v) { return squared_norm(v) + sum(v); }, Vector(0)).size() == 0);
  const Matrix none = jacobian([](const auto& v) { return square(head(square(v), 0)); }, at);
  CHECK(none.rows() == 0);
  CHECK(none.cols() == 2);
}

TEST_CASE("directions of another size throw with both sizes") {
  CHECK_THROWS_WITH_AS(hessian_vector_product(rosenbrock, at, Matrix(3, 2)),
                       "hessian_vector_product: x has 2 entries, directions are 3x2", ShapeError);
}

TEST_CASE("a derivative inside a function that is differentiated keeps the two tapes apart") {
  const Vector x = point(3);
  Tape outer;
  const VarVector u = outer.input(x);
  const VarVector inner_gradient = gradient([](const auto& v) { return sum(exp(v)); }, u.value());
  const Var y = dot(inner_gradient, u);
  CHECK(outer.sweep(y).adjoint(u).isApprox(Matrix(x.array().exp()), 1e-14));
}

TEST_CASE("an inner derivative does not meet the variables of an outer one") {
  Tape outer;
  const VarVector u = outer.input(Vector{{3.0}});
  const auto product = [&](const VarVector& v) { return Var(u[0] * v[0]); };
  CHECK_THROWS_AS(gradient(product, Vector{{2.0}}), TapeError);
  CHECK_THROWS_AS(jacobian([&](const VarVector& v) { return VarVector(u[0] * v); }, Vector{{2.0}}),
                  TapeError);
  CHECK_THROWS_AS(hessian_vector_product(product, Vector{{2.0}}, Vector{{1.0}}), TapeError);
  CHECK(outer.sweep(Var(u[0] * u[0])).adjoint(u)(0, 0) == 6);  // which is not disturbed
  // Duals by hand do not meet where they carry tangents of different numbers; a direction of each keeps them
  // apart.
  const Dual a(3.0, Eigen::RowVector2d(1, 0)), b(2.0, Eigen::RowVector2d(0, 1));
  CHECK((a * b * b).tangents() == Eigen::RowVector2d(4, 12));
  CHECK_THROWS_AS(a * Dual(2.0, Eigen::RowVectorXd::Ones(1)), ShapeError);
}
