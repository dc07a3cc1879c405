#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

namespace {
// On entries of a vector, so that the one checker serves.
template <class F>
void check_scalar(const F& f, const Vector& at) {
  check_rule(
      [&f](const auto& v) {
        const scalar_t<std::remove_cvref_t<decltype(v)>> a = v[0], b = v[1], y = f(a, b);
        return y;
      },
      at);
}
const Vector positive{{0.7, 1.3}}, mixed{{-0.6, 0.8}};
}  // namespace

TEST_CASE("arithmetic and expressions of several functions are differentiated twice in either operand") {
  using std::fabs;
  check_scalar([](auto a, auto b) { return exp(a * b) - log(b); }, mixed);
  check_scalar([](auto a, auto b) { return tanh(a) * sigmoid(b * a) + softplus(a); }, mixed);
  check_scalar([](auto a, auto b) { return abs(a) * b + fabs(a * b); }, mixed);
  check_scalar([](auto a, auto b) { return -a + -(a * b); }, mixed);
  check_scalar([](auto a, auto b) { return pow(a, 3) + pow(2.5, b) + pow(a * b, 0.5); }, positive);
  check_scalar([](auto a, auto b) { return pow(a, 2) * b; }, mixed);
  check_scalar([](auto a, auto b) { return a / b + 1.0 / a - b / 3.0; }, mixed);
  check_scalar([](auto a, auto b) { return a - b * (a + 2.0) * (1.0 - a); }, mixed);
}

TEST_CASE("a seed alone and among others has the same adjoint, where a slope is infinite too") {
  Tape tape;
  const VarVector x = tape.input(Vector(Vector::Zero(2)));
  const Var dead = sqrt(x[0]);
  const VarVector y = concatenate(x, x);
  CHECK(!isnan(dead));
  const Matrix seeds = Matrix::Identity(4, 4), together = tape.sweep(y, seeds).adjoint(x);
  for (Index j = 0; j < 4; ++j) CHECK(tape.sweep(y, Matrix(seeds.col(j))).adjoint(x) == together.col(j));
}

TEST_CASE("compound assignment and repeated operands accumulate") {
  check_scalar(
      [](auto a, auto b) {
        auto y = a;
        y += b;
        y *= a;
        y -= y * b;
        y /= b + y * y;
        y += 1.0;
        return y * y;
      },
      mixed);
  check_scalar([](auto a, auto b) { return a * a * a + b - b; }, mixed);
}

TEST_CASE("a statement of many leaves has a partial for each") {
  const Vector x = point(8);
  check_rule(
      [](const auto& v) {
        return (v[0] * v[1] + sin(v[2] * v[3])) / (v[4] * v[4] + exp(v[5] - v[6]) * v[7]) +
               (v[0] - v[7]) * v[3];
      },
      x);
}

TEST_CASE("an expression becomes one statement with one argument for each variable in it") {
  Tape tape;
  const Var a = tape.input(2.0), b = tape.input(3.0);
  const TapeStatistics before = tape.statistics();
  const Var y = a * b + 2.0 * sin(a) - 1.0;
  CHECK(tape.statistics().statements == before.statements + 1);
  CHECK(tape.statistics().arguments == before.arguments + 3);
  const Sweep sweep = tape.sweep(y);
  CHECK(sweep.adjoint(a)(0) == doctest::Approx(3.0 + 2.0 * std::cos(2.0)));
  CHECK(sweep.adjoint(b)(0) == doctest::Approx(2.0));
}

TEST_CASE("a constant is no argument of a statement, wherever it stands in the expression") {
  Tape tape(1);
  const Var a = tape.input(Vector(Vector::Constant(1, 2.0)), Matrix::Constant(1, 1, 1.0))[0], c = 3.0;
  const TapeStatistics before = tape.statistics();
  const Var first = c * a, last = a * a * c, between = a + c * a, beside = c + a * a * a + c;
  CHECK(tape.statistics().arguments == before.arguments + 1 + 2 + 2 + 3);
  const Var sum = first + last + between + beside;  // 3a + 3a² + 4a + a³ + 6
  CHECK(sum.value() == 40);
  Tape plain;
  const Var b = plain.input(2.0);
  const Sweep sweep = plain.sweep(Var(c * b + b * c * b + exp(c) * b));
  CHECK(sweep.adjoint(b)(0) == doctest::Approx(3 + 12 + std::exp(3.0)));
}

TEST_CASE("comparisons and predicates are of the number") {
  Tape tape;
  const Var a = tape.input(2.0), inf = a / 0.0;
  CHECK((a > 1.0 && a * a == 4.0 && 3 >= a && a != 3.0 && a < a + 1.0 && a <= 2));
  CHECK(isinf(inf));
  CHECK(isnan(inf - inf));
  CHECK(isfinite(a));
  CHECK(value_of(a * a) == 4.0);
  const Dual d(2.0, Eigen::RowVectorXd::Ones(2));
  CHECK((d > 1.0 && d * d == 4.0 && d < Dual(3.0)));
}

TEST_CASE("a variable whose recording is over is compared with nothing") {
  Tape tape;
  const Var a = tape.input(2.0), y = norm(tape.input(Vector{{3.0, 4.0}}));
  const auto b = a * 3.0 + 1.0;
  const auto y_bound = norm(tape.input(Vector{{3.0, 4.0}}));
  tape.clear();
  CHECK_THROWS_AS((void)(a > 1.0), TapeError);
  CHECK_THROWS_AS((void)(1.0 <= a), TapeError);
  CHECK_THROWS_AS((void)(a == y), TapeError);
  CHECK_THROWS_AS((void)(b < 8.0), TapeError);
  CHECK_THROWS_AS((void)(y_bound != 5.0), TapeError);
  CHECK_THROWS_AS((void)isfinite(a), TapeError);
  CHECK_THROWS_AS((void)isnan(exp(b)), TapeError);
  CHECK_THROWS_AS((void)value_of(b), TapeError);
  CHECK(Var(2.0) > 1.0);
}

TEST_CASE("dual numbers of different numbers of tangents do not meet") {
  const Dual a(1.0, Eigen::RowVectorXd::Ones(2)), b(1.0, Eigen::RowVectorXd::Ones(3));
  CHECK_THROWS_WITH_AS(a * b, "dual numbers of 2 and 3 tangents meet", ShapeError);
}

TEST_CASE("the tangents of a dual number that is gone are a copy") {
  const Dual a(2.0, Eigen::RowVectorXd::Constant(2, 3.0));
  const auto taken = Dual(a * a).tangents();
  const Dual other = a + a;
  CHECK(taken == Eigen::RowVectorXd::Constant(2, 12.0));
  CHECK(other.tangents() == Eigen::RowVectorXd::Constant(2, 6.0));
  const Dual x(2.0, Eigen::RowVectorXd::Ones(1)), same(2.0, Dual(x).tangents());
  CHECK(Dual(x * same).tangents()(0) == 4);  // they are x's still
}

TEST_CASE("a dual number is a value, however many tangents it has") {
  for (const Index k : {1, 2, 3, 4, 5, 11}) {
    CAPTURE(k);
    const Eigen::RowVectorXd t = Eigen::RowVectorXd::LinSpaced(k, 2, 3);
    const Dual x(1.5, t);
    Dual copy = x, moved = std::move(copy), constant = 4.0;
    copy = x;  // (what was moved from may be assigned to)
    CHECK(copy.tangents() == t);
    Dual taken = std::move(copy);
    copy = 0.5;
    CHECK((copy.value() == 0.5 && copy.directions() == 0 && taken.tangents() == t));
    CHECK(moved.tangents() == t);
    Dual& itself = moved;
    moved = itself;
    moved = std::move(itself);
    moved *= moved;
    CHECK((moved.value() == 2.25 && moved.tangents() == 3 * t));
    moved = moved * constant + constant;
    CHECK((moved.value() == 13 && moved.tangents() == 12 * t));
    constant = moved;
    moved = 1.0;
    CHECK((constant.tangents() == 12 * t && moved.directions() == 0));
    moved = Dual(constant);
    CHECK(moved.tangents() == 12 * t);
    std::vector<Dual> many(5, x);
    many.insert(many.begin(), moved);
    CHECK((many.front().tangents() == 12 * t && many.back().tangents() == t));
  }
}
