#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

TEST_CASE("sums, differences and multiples of arrays are differentiated, a constant on either side") {
  const Vector a = point(4, 1), b = point(4, 2), c = point(4, 3);
  check_rule([](const auto& u, const auto& v) { return u + v; }, a, b);
  check_rule([](const auto& u, const auto& v) { return u - v; }, a, b);
  check_rule([&](const auto& u) { return u + c; }, a);
  check_rule([&](const auto& u) { return c + u; }, a);
  check_rule([&](const auto& u) { return u - c; }, a);
  check_rule([&](const auto& u) { return c - u; }, a);
  check_rule([](const auto& u) { return -u; }, a);
  check_rule([](const auto& u) { return 3 * u; }, a);
  check_rule([](const auto& u) { return u * 2.5; }, a);
  check_rule([](const auto& u) { return u / 4; }, a);
  check_rule(
      [&](const auto& u, const auto& v) { return -(2.0 * (c - 3.0 * u + v / 2.0) - 0.5 * (u - c)) - c; }, a,
      b);
  check_rule([&](const auto& u) { return (2.0 * c) - (c + 1.0 * u) + (c - c); }, a);
  check_rule([&](const auto& u, const auto& v) { return 2.0 * u - v * 3.0; }, matrix_point(2, 3, 1),
             matrix_point(2, 3, 2));
}

TEST_CASE("a variable that occurs twice is counted twice") {
  const Vector a = point(4, 1), c = point(4, 3);
  check_rule([](const auto& u) { return u + u; }, a);
  check_rule([](const auto& u) { return u - u; }, a);
  check_rule(
      [](const auto& u) { return ad::array_t<std::remove_cvref_t<decltype(u)>>(u + sin(u) - 2.0 * u); }, a);
  check_rule([&](const auto& u) { return (u + c) + u; }, a);
}

TEST_CASE("a combination of more terms than a node holds is split, not truncated") {
  const Vector a = point(4, 1), b = point(4, 2), c = point(4, 3);
  check_rule(
      [&](const auto& u, const auto& v) {
        using A =
            ad::array_t<std::remove_cvref_t<decltype(u)>>;  // now: plain sums would refer to temporaries
        return A(c + u + sin(u) + 2.0 * cos(u) - exp(v) + v - tanh(v) + 3.0 * square(u) - square(v) + c -
                 sigmoid(u) + u);
      },
      a, b);
}

TEST_CASE("an array is multiplied and divided by a scalar with a derivative") {
  const Vector a = point(4, 1), b = point(3, 2), c = point(4, 3);
  check_rule([](const auto& u, const auto& v) { return v[0] * u; }, a, b);
  check_rule([](const auto& u, const auto& v) { return u * (v[0] + v[1]); }, a, b);
  check_rule([](const auto& u, const auto& v) { return u / v[2]; }, a, b);
  check_rule([](const auto& u) { return u[0] * u; }, a);
  check_rule([&](const auto& u, const auto& v) { return v[0] * (u - c) + u / norm(v); }, a, b);
  check_rule([](const auto& m) { return m(0, 0) * m; }, matrix_point(2, 2));
}

TEST_CASE("x + constant records no node, and a combination records one") {
  Tape tape;
  const Vector c = Vector::Ones(3);
  const VarVector x = tape.input(c), y = tape.input(c);
  const std::size_t before = tape.statistics().nodes;
  const VarVector shifted = x + c;
  CHECK(tape.statistics().nodes == before);
  const VarVector combined = 2.0 * x - y + c;
  CHECK(tape.statistics().nodes == before + 1);
  CHECK(tape.sweep(shifted, c).adjoint(x) == Matrix(c));
  CHECK(tape.sweep(combined, c).adjoint(y) == Matrix(-c));
}

TEST_CASE("a combination of constants alone is a constant") {
  const Vector c{{1, 2}};
  const VarVector x(c);
  const VarVector y = 2.0 * x - c + x;
  CHECK(y.is_constant());
  CHECK(y.value() == Vector(2.0 * c));
  CHECK(VarVector(x - x).value() == Vector::Zero(2));
  Tape tape;
  const VarVector z = tape.input(c);
  const VarVector w = 1.0 * z + (3.0 * x - c);
  CHECK(w.value() == Vector(3.0 * c));
}

TEST_CASE("a combination holds its operands when they are gone") {
  Tape tape;
  const Vector c{{1, 2}};
  const VarVector x = tape.input(c);
  auto lazy = [&] {
    const VarVector temporary = exp(x);
    const Vector constant = 2.0 * c;
    return temporary + constant - x;
  }();
  const VarVector filler = sin(x), more = cos(x);
  CHECK(VarVector(lazy).value().isApprox(Vector(c.array().exp().matrix() + c)));
}

TEST_CASE("a combination that outlived its recording throws and leaves the next recording alone") {
  Tape tape;
  const Vector c{{1, 2}};
  VarVector x = tape.input(c);
  const auto lazy = 2.0 * x + c;
  tape.clear();
  x = tape.input(c);
  const VarVector a = exp(x), b = sin(x), y = cos(x);
  const Vector before_a = a.value(), before_b = b.value(), before_y = y.value(), before_x = x.value();
  CHECK_THROWS_AS(VarVector(lazy + c), TapeError);
  CHECK_THROWS_AS(VarVector(2.0 * lazy), TapeError);
  CHECK_THROWS_AS(VarVector(lazy + x), TapeError);
  CHECK_THROWS_AS(VarVector(c - lazy), TapeError);
  CHECK_THROWS_AS(lazy.eval(), TapeError);
  CHECK(a.value() == before_a);
  CHECK(b.value() == before_b);
  CHECK(y.value() == before_y);
  CHECK(x.value() == before_x);
}

TEST_CASE("arrays of different shapes are not added, and the message names the operation and the sizes") {
  Tape tape;
  const VarVector x = tape.input(Vector(Vector::Ones(3)));
  const Vector c = Vector::Ones(2);
  CHECK_THROWS_WITH_AS(x + c, "+: left is 3x1, right is 2x1", ShapeError);
  CHECK_THROWS_WITH_AS(x - tape.input(c), "-: left is 3x1, right is 2x1", ShapeError);
  CHECK_THROWS_AS(c - 2.0 * x, ShapeError);
  CHECK_THROWS_WITH_AS(DualVector(c) - DualVector(Vector(3)), "-: left is 2x1, right is 3x1", ShapeError);
  CHECK_THROWS_WITH_AS(dot(x, c), "dot: left is 3x1, right is 2x1", ShapeError);
  CHECK_THROWS_WITH_AS(cwise_product(x, c), "cwise_product: left is 3x1, right is 2x1", ShapeError);
  CHECK_THROWS_WITH_AS(cwise_quotient(x, c), "cwise_quotient: left is 3x1, right is 2x1", ShapeError);
  CHECK_THROWS_WITH_AS(max(x, c), "max: left is 3x1, right is 2x1", ShapeError);
  const Matrix A = Matrix::Ones(4, 2);
  CHECK_THROWS_WITH_AS(A * x, "matvec: A is 4x2, x has 3 entries", ShapeError);
  CHECK_THROWS_WITH_AS(tape.input(A) * x, "matvec: A is 4x2, x has 3 entries", ShapeError);
  CHECK_THROWS_WITH_AS(A * tape.input(A), "matmul: A is 4x2, X is 4x2", ShapeError);
  CHECK_THROWS_WITH_AS(tape.input(A) * A, "matmul: X is 4x2, B is 4x2", ShapeError);
  const Eigen::SparseMatrix<double> sparse(4, 2);
  CHECK_THROWS_AS(sparse * x, ShapeError);
  CHECK_THROWS_AS(mean(VarVector()), ShapeError);
  CHECK_THROWS_WITH_AS(log_sum_exp(VarVector()), "log_sum_exp: of an empty array", ShapeError);
  CHECK_THROWS_WITH_AS(max(Vector(0)), "max: of an empty array", ShapeError);
  CHECK_THROWS_WITH_AS(DualVector(c, Matrix(3, 1)), "dual array: 2 entries, tangents are 3x1", ShapeError);
  CHECK_THROWS_WITH_AS(DualVector(c, Matrix(2, 1)) + DualVector(c, Matrix(2, 2)),
                       "dual arrays of 1 and 2 tangents meet", ShapeError);
}

TEST_CASE("a constant scalar times an array is a number times it: no node of its own") {
  Tape tape;
  const VarVector x = tape.input(Vector{{1.0, 2.0}});
  const Var three = 3.0;
  const std::size_t before = tape.statistics().nodes;
  const VarVector y = three * x - x * three + (three * three) * x + three * Vector::Ones(2);
  CHECK(tape.statistics().nodes == before + 1);
  CHECK(y.value() == Vector{{12.0, 21.0}});
  CHECK(tape.sweep(sum(y)).adjoint(x).col(0) == Vector{{9.0, 9.0}});
}

TEST_CASE("a plain array beside a scalar with a derivative") {
  const Vector plain{{1.0, 4.0}};
  const auto f = [&](const auto& t) {
    using V = std::decay_t<decltype(t)>;
    return sum(V(plain - t[0])) + 2.0 * sum(V(t[0] * t[1] - plain)) + sum(V(plain + t[1])) +
           sum(V(t[0] + plain)) + sum(V(max(plain, t[1]))) + sum(V(pow(plain, t[0]))) +
           sum(V(min(t[1], plain)));
  };
  const Vector at{{0.5, 2.0}};
  const double value = (5 - 1) + 2 * (2 - 5) + (5 + 4) + (1 + 5) + (2 + 4) + (1 + 2) + (1 + 2);
  CHECK(f(at) == doctest::Approx(value));
  const Vector slope{{-2 + 4 * 2.0 + 2 + 2 * std::log(4.0), 4 * 0.5 + 2 + 1 + 1}};
  CHECK((gradient(f, at) - slope).norm() <= 1e-14);
  CHECK((f(DualVector(at, Matrix::Identity(2, 2))).tangents().transpose() - slope).norm() <= 1e-14);
}

TEST_CASE("a piece of a plain vector is an array like any other") {
  const Vector plain{{1.0, 4.0, 2.0}};
  const auto f = [&](const auto& t) {
    using V = std::decay_t<decltype(t)>;
    return sum(V(plain.head(2) - t[0])) + sum(V(t[0] * plain.tail(2))) + sum(V(t + plain.segment(1, 2))) +
           sum(V(cwise_product(plain.head(2), t))) + dot(plain.tail(2), t) + sum(V(max(plain.head(2), t[1])));
  };
  const Vector at{{0.5, 3.0}}, slope{{-2 + 6 + 1 + 1 + 4, 1 + 4 + 2 + 1}};
  CHECK((gradient(f, at) - slope).norm() <= 1e-14);
  CHECK((f(DualVector(at, Matrix::Identity(2, 2))).tangents().transpose() - slope).norm() <= 1e-14);
}
