#include <cmath>

#include "ad/check_rule.hpp"
#include "support/numbers.hpp"

// x/s at s = 0: a tangent of zero moves nothing, a seed that does not ask gets nothing, in every world.
namespace unroll::quotient_by_zero {
namespace {

using test::infinity;

TEST_CASE("forwards, what does not move has no derivative of 0 times infinity") {
  const DualVector one(Vector{{1.0}}, Matrix{{1.0}}), still(Vector{{1.0}}, Matrix{{0.0}}),
      zero(Vector{{0.0}}, Matrix{{0.0}});
  const Dual scalar_zero(0.0, Eigen::RowVectorXd{{0.0}});
  CHECK(cwise_quotient(one, zero).tangents()(0) == infinity);
  CHECK(cwise_quotient(still, zero).tangents()(0) == 0);
  CHECK((one / scalar_zero).tangents()(0) == infinity);
  CHECK((still / scalar_zero).tangents()(0) == 0);
  CHECK(std::isnan(cwise_quotient(zero, zero).value()(0)));  // 0/0 itself is none
}

TEST_CASE("backwards, each seed of a sweep for itself") {
  Tape tape;
  const VarVector x = tape.input(Vector{{0.0, 3.0}});
  const VarVector s = tape.input(Vector{{0.0}});
  const VarVector y = x / Var(s[0]), z = concatenate(y, x);
  const Matrix adjoints = tape.sweep(z, Matrix::Identity(4, 4)).adjoint(x);
  CHECK(adjoints.rightCols(2) == Matrix::Identity(2, 2));
  CHECK(adjoints(0, 0) == infinity);
  CHECK(adjoints(1, 0) == 0);
  const Matrix of_s = tape.sweep(z, Matrix::Identity(4, 4)).adjoint(s);
  CHECK(of_s.rightCols(2).isZero(0));
  CHECK(of_s(0, 1) == -infinity);
}

TEST_CASE("backwards, an infinite quotient of which nobody asks, on a tape with tangents, too") {
  const Vector b{{2.0, 3.0}};
  for (const Index k : {0, 1}) {
    Tape tape(k);
    const VarVector a(Vector{{infinity, 1.0}}), x = tape.input(b, Matrix::Ones(2, k));
    CHECK(tape.sweep(cwise_quotient(a, x)[1]).adjoint(x).row(0).isZero(0));
  }
}

TEST_CASE("backwards, a quotient by a constant zero that is not taken") {
  const Matrix none = Vector::Zero(2);
  for (const bool with_tangents : {false, true}) {
    const auto slope = [&](const auto& q) {
      const auto f = [&](const auto& x) { return sum(where(none, q(x), x)); };
      const Vector at{{3.0, 0.0}};
      return with_tangents ? Vector(Vector::Ones(2) + hessian_vector_product(f, at, Vector::Ones(2)))
                           : gradient(f, at);
    };
    using Array = VarVector;
    CHECK(slope([](const Array& x) { return Array(x / 0.0); }) == Vector::Ones(2));
    CHECK(slope([](const Array& x) { return Array(x / Var(0.0)); }) == Vector::Ones(2));
    CHECK(slope([](const Array& x) { return Array(infinity * x + x); }) == Vector::Ones(2));
    CHECK(slope([](const Array& x) { return Array(cwise_quotient(x, Vector(Vector::Zero(2)))); }) ==
          Vector::Ones(2));
  }
  const Vector asked =
      gradient([](const auto& x) { return sum(std::decay_t<decltype(x)>(x / 0.0)); }, Vector{{3.0, 1.0}});
  CHECK(asked == Vector::Constant(2, infinity));
}

}  // namespace
}  // namespace unroll::quotient_by_zero
