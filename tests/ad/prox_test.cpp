#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

TEST_CASE("a soft threshold is differentiated in the point and in a number, scalar or vector threshold") {
  const Vector x{{1.5, -2.0, 0.2, -0.1, 0.9}};
  const Vector tau{{0.5, 0.7, 0.6, 0.3, 1.4}};
  check_rule([](const auto& v) { return soft_threshold(v, 0.4); }, x);
  check_rule([&](const auto& v) { return soft_threshold(v, tau); }, x);
  check_rule([](const auto& v, const auto& t) { return soft_threshold(v, t); }, x, tau);
  check_rule([](const auto& v, const auto& t) { return soft_threshold(v, exp(t[0]) * t[0]); }, x,
             Vector{{0.5}});
  check_rule([](const auto& v) { return soft_threshold(v, abs(v) * 0.25); }, x);
  check_rule([](const auto& v) { return soft_threshold(2.0 * v, square(v)[1] * 0.2); }, x);
}

TEST_CASE(
    "a box projection is differentiated in the point and in either bound, each a number, scalar or vector") {
  const Vector x{{1.5, -2.0, 0.2, -0.1, 0.9}};
  const Vector lower{{-1.0, -1.0, 0.5, -0.5, 0.0}}, upper{{1.0, 1.5, 0.7, 0.5, 1.2}};
  check_rule([](const auto& v) { return box_projection(v, -0.5, 1.0); }, x);
  check_rule([](const auto& v, const auto& l, const auto& u) { return box_projection(v, l, u); }, x, lower,
             upper);
  check_rule([&](const auto& v, const auto& u) { return box_projection(v, lower, u); }, x, upper);
  check_rule([&](const auto& v, const auto& l) { return box_projection(v, l, 1.1); }, x, lower);
  check_rule([](const auto& v, const auto& b) { return box_projection(v, -b[0], b[0] * b[0]); }, x,
             Vector{{0.8}});
  check_rule([](const auto& v, const auto& b) { return box_projection(v, b[0], b); }, x,
             Vector{{0.1, 0.2, 0.3, 0.4, 0.5}});
}

TEST_CASE("on a threshold the slope is 0, on a bound it is 1 in the point") {
  Tape tape;
  const VarVector x = tape.input(Vector{{0.5, -0.5, 2.0}});
  const Matrix ones = Vector::Ones(3);
  CHECK(tape.sweep(soft_threshold(x, 0.5), ones).adjoint(x) == Matrix(Vector{{0, 0, 1}}));
  CHECK(tape.sweep(box_projection(x, -0.5, 0.5), ones).adjoint(x) == Matrix(Vector{{1, 1, 0}}));
}

TEST_CASE("a proximal map of a NaN is NaN") {
  const Vector x{{std::nan(""), 1.0}};
  CHECK(std::isnan(soft_threshold(x, 0.5)[0]));
  CHECK(std::isnan(box_projection(x, -0.5, 0.5)[0]));
}

TEST_CASE("a negative threshold, crossed bounds and other sizes throw") {
  const Vector x = Vector::Ones(3);
  CHECK_THROWS_AS(soft_threshold(x, -0.5), DomainError);
  CHECK_THROWS_AS(soft_threshold(x, std::nan("")), DomainError);
  CHECK_THROWS_WITH_AS(soft_threshold(x, Vector(Vector::Ones(2))),
                       "soft_threshold: x has 3 entries, threshold has 2", ShapeError);
  CHECK_THROWS_AS(box_projection(x, 1.0, 0.5), DomainError);
  CHECK_THROWS_AS(box_projection(x, std::nan(""), 0.5), DomainError);
  CHECK_THROWS_WITH_AS(box_projection(x, 0.0, Vector(Vector::Ones(4))),
                       "box_projection: x has 3 entries, upper has 4", ShapeError);
}

TEST_CASE("a threshold 0 is the identity, and bounds that meet leave nothing of x") {
  const Vector zero = Vector::Zero(1);
  CHECK(gradient([](const auto& v) { return sum(soft_threshold(v, 0.0)); }, zero)[0] == 1);
  CHECK(soft_threshold(DualVector(zero, Matrix::Ones(1, 1)), 0.0).tangents()(0, 0) == 1);
  const Vector bound = Vector::Ones(1);
  CHECK(gradient([&](const auto& v) { return sum(box_projection(v, bound, bound)); }, bound)[0] == 0);
  CHECK(gradient([&](const VarVector& v) { return sum(box_projection(VarVector(bound), v, 1.0)); },
                 bound)[0] == 1);
}
