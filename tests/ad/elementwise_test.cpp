#include <limits>

#include "ad/check_rule.hpp"
#include "support/worst.hpp"

using namespace unroll;
using namespace unroll::test;

TEST_CASE("products and quotients by entries are differentiated in either operand") {
  const Vector a = point(4, 1), b = point(4, 2);
  check_rule([](const auto& u, const auto& v) { return cwise_product(u, v); }, a, b);
  check_rule([](const auto& u, const auto& v) { return cwise_quotient(u, v); }, a, b);
  check_rule([](const auto& v) { return cwise_product(v, v); }, a);
  check_rule([](const auto& v) { return cwise_quotient(exp(v), v); }, a);
  check_rule([&](const auto& v) { return cwise_product(v, b); }, a);
  check_rule([&](const auto& v) { return cwise_quotient(b, v); }, a);
  check_rule([](const auto& u, const auto& v) { return cwise_product(u, v); }, matrix_point(2, 3),
             matrix_point(2, 3, 4));
}

TEST_CASE("the larger and the smaller of two arrays are differentiated in either operand") {
  const Vector a = point(6, 1), b = point(6, 2);
  check_rule([](const auto& u, const auto& v) { return max(u, v); }, a, b);
  check_rule([](const auto& u, const auto& v) { return min(u, v); }, a, b);
  check_rule([&](const auto& v) { return max(b, square(v)); }, a);
}

TEST_CASE("a quotient, and a norm, stay in the range of their operands") {
  const Vector tiny = Vector::Constant(1, 1e-155);
  Tape tape;
  const VarVector a = tape.input(tiny), b = tape.input(tiny);
  const Sweep sweep = tape.sweep(cwise_quotient(a, b), Matrix::Ones(1, 1));
  CHECK(sweep.adjoint(a)(0, 0) == doctest::Approx(1e155).epsilon(4e-15));
  CHECK(sweep.adjoint(b)(0, 0) == doctest::Approx(-1e155).epsilon(4e-15));
  const Var s = tape.input(1e-155);
  const Sweep by_scalar = tape.sweep(a / s, Matrix::Ones(1, 1));
  CHECK(by_scalar.adjoint(a)(0, 0) == doctest::Approx(1e155).epsilon(4e-15));
  CHECK(by_scalar.adjoint(s)(0) == doctest::Approx(-1e155).epsilon(4e-15));
  for (const double size : {1e-200, 1e200}) {  // of plain arrays, too: −x/s², though s² is no number
    const double x = size < 1 ? 1e-190 : 1e210;
    const Var t = tape.input(size);
    CHECK(tape.sweep(Vector{{x, 0.0}} / t, Matrix::Ones(2, 1)).adjoint(t)(0) ==
          doctest::Approx(-x / size / size).epsilon(4e-15).scale(0));
    const auto pushed = Vector{{x, 0.0}} / Dual(size, Eigen::RowVectorXd::Ones(1));
    CHECK(pushed.tangents()(0, 0) == doctest::Approx(-x / size / size).epsilon(4e-15).scale(0));
  }
  const Dual divisor(1e-155, Eigen::RowVectorXd::Ones(1));
  CHECK(DualVector(DualVector(tiny, Matrix::Zero(1, 1)) / divisor).tangents()(0, 0) ==
        doctest::Approx(-1e155).epsilon(4e-15));
  for (const double scale : {1e-310, 1e-170, 1.0, 1e160, 1e307}) {
    const Vector x{{3 * scale, 4 * scale}};
    CAPTURE(scale);
    CHECK(std::abs(norm(x) - 5 * scale) <= 2e-14 * scale + std::numeric_limits<double>::denorm_min());
    const Vector slope = gradient([](const auto& v) { return norm(v); }, x);
    CHECK(test::largest((slope - Vector{{0.6, 0.8}}).cwiseAbs()) <= 4e-15);
    const Dual forward = norm(DualVector(x, Matrix::Identity(2, 2)));
    CHECK(test::largest((forward.tangents() - slope.transpose()).cwiseAbs()) <= 4e-15);
  }
}

TEST_CASE("arrays are divided by scalars, and differentiated in either") {
  const Vector a = point(4, 1);
  const Matrix A = matrix_point(2, 3);
  check_rule([](const auto& v) { return v / v[0]; }, a);
  check_rule([](const auto& v) { return v / (v[1] * v[2]); }, a);
  check_rule([&](const auto& v) { return a / v[2]; }, a);
  check_rule([](const auto& m, const auto& v) { return m / v[2]; }, A, a);
  Tape tape;
  const VarVector u = tape.input(a);
  const Var zero = tape.input(0.0);
  const Sweep sweep = tape.sweep(VarVector(u / zero), Matrix(Vector::Zero(4)));
  CHECK(sweep.adjoint(u) == Matrix(Vector::Zero(4)));
  CHECK(sweep.adjoint(zero)(0) == 0);
}

TEST_CASE("a quotient by zero that nobody depends on adds nothing") {
  const Vector a{{0.0, 1.0, 2.0}}, b{{0.0, 0.0, 4.0}}, seed{{0.0, 0.0, 1.0}};
  Tape tape;
  const VarVector u = tape.input(a), v = tape.input(b);
  const Sweep sweep = tape.sweep(cwise_quotient(u, v), Matrix(seed));
  CHECK(sweep.adjoint(u) == Matrix(Vector{{0.0, 0.0, 0.25}}));
  CHECK(sweep.adjoint(v) == Matrix(Vector{{0.0, 0.0, -0.125}}));
}

TEST_CASE("functions apply to linear combinations and Eigen expressions as to arrays") {
  const Vector a = point(4, 1), b = point(4, 2);
  check_rule([&](const auto& v) { return sin(2.0 * v - b); }, a);
  check_rule([&](const auto& v) { return cwise_product(v + b, 2.0 * v); }, a);
}
