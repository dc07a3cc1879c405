// A dual number of one tangent, 1, is a variable: what is differentiated by it meets no other tangents.
#include <doctest/doctest.h>

#include "support/texts.hpp"
#include "unroll/ad/assembly.hpp"
#include "unroll/ad/linear.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/error.hpp"

namespace unroll::seeds {
namespace {

const Eigen::RowVectorXd one = Eigen::RowVectorXd::Ones(1);

/// The derivative of f at y, by a variable of its own.
template <class F>
double slope(const F& f, double y) {
  return Dual(f(Dual(y, one))).tangents()(0);
}
/// The message of x ↦ x · ∂_y f(x, y), differentiated at x = y = 1.5 by variables of their own.
template <class F>
std::string nested(const F& f) {
  return test::message_of<UnsupportedError>([&] {
    slope([&](const Dual& x) { return Dual(x * slope([&](const Dual& y) { return f(x, y); }, 1.5)); }, 1.5);
  });
}
DualVector vector(const std::vector<Dual>& entries) { return assemble(std::span<const Dual>(entries)); }
Vector vector_of(double a) { return Vector::Constant(1, a); }

TEST_CASE("a derivative within a derivative, by variables seeded by hand, says what to write") {
  const std::string sum = nested([](const Dual& x, const Dual& y) { return Dual(x + y); });
  CHECK(
      test::contains(sum, "a Dual that was made a variable, by one tangent that is 1, meets other tangents"));
  CHECK(test::contains(sum, "Seed all variables at once, a tangent each"));
  CHECK(test::contains(sum, "DualVector(x, direction)"));
}

TEST_CASE("so it does wherever the two meet") {
  using D = const Dual&;
  CHECK_FALSE(nested([](D x, D y) { return Dual(sin(x) * exp(y)); }).empty());
  CHECK_FALSE(nested([](D x, D y) { return Dual(hypot(x, 2.0 * y)); }).empty());
  CHECK_FALSE(nested([](D x, D y) { return sum(DualVector(vector({x, y, x}))); }).empty());
  CHECK_FALSE(nested([](D x, D y) { return sum(x * DualVector(vector({y, y}))); }).empty());
  CHECK_FALSE(nested([](D x, D y) {
                return dot(DualVector(vector({x, Dual(1.0)})), DualVector(exp(vector({y, Dual(2.0)}))));
              }).empty());
  CHECK_FALSE(nested([](D x, D y) {
                return sum(DualVector(vector({x}) + flatten(assemble(std::vector<Dual>{y}, 1, 1))));
              }).empty());
  CHECK_FALSE(nested([](D x, D y) {
                Dual s = y;
                s += x;
                return s;
              }).empty());
  // The outer tangents are a run's, of one parameter.
  const DualVector outer(vector_of(2.0), Matrix::Ones(1, 1));
  CHECK_THROWS_AS(slope([&](D y) { return Dual(outer[0] * y); }, 1.0), UnsupportedError);
  CHECK_THROWS_AS(slope([&](D y) { return sum(DualVector(y * outer)); }, 1.0), UnsupportedError);
}

TEST_CASE("a variable is one however its 1 is written") {
  const Matrix identity = Matrix::Identity(1, 1);
  Eigen::RowVectorXd more{{1.0, 2.0}};
  const double number = 1;
  const auto meets = [](const Dual& x) {
    return test::message_of<UnsupportedError>([&] { return Dual(x * Dual(1.5, one)); });
  };
  CHECK_FALSE(meets(Dual(1.5, Eigen::RowVectorXd::Unit(1, 0))).empty());
  CHECK_FALSE(meets(Dual(1.5, Eigen::RowVectorXd::Ones(1))).empty());
  CHECK_FALSE(meets(Dual(1.5, identity.row(0))).empty());
  CHECK_FALSE(meets(Dual(1.5, Matrix::Identity(1, 1).row(0))).empty());
  CHECK_FALSE(meets(Dual(1.5, Vector::Ones(1).transpose())).empty());
  CHECK_FALSE(meets(Dual(1.5, more.head(1))).empty());
  CHECK_FALSE(meets(Dual(1.5, Eigen::Map<const Eigen::RowVectorXd>(&number, 1))).empty());
  CHECK_FALSE(meets(Dual(1.5, Eigen::Ref<const Eigen::RowVectorXd>(one))).empty());
}

TEST_CASE("the ways that are named are right") {
  const Eigen::RowVectorXd first{{1.0, 0.0}}, second{{0.0, 1.0}};
  const Dual both = Dual(1.5, first) * Dual(1.5, second);
  CHECK(both.tangents() == Eigen::RowVectorXd{{1.5, 1.5}});
  const DualVector along(Vector{{1.0, 2.0}}, Matrix::Ones(2, 1));
  CHECK(Dual(along[0] * along[1]).tangents()(0) == 3);
}

TEST_CASE("what is no other variable's passes: copies, constants, zeros, tangents that are not 1") {
  using D = const Dual&;
  CHECK(slope([](D x) { return Dual(x * Dual(x) + 3.0 * x * Dual(2.0)); }, 1.5) == 9);
  CHECK(slope([](D x) { return Dual(x * slope([](D y) { return Dual(y * y); }, value_of(x))); }, 1.5) == 3);
  const DualVector constant(vector_of(4.0)), still(vector_of(4.0), Matrix::Zero(1, 1));
  CHECK(slope([&](D x) { return Dual(x * constant[0] + x * still[0]); }, 1.5) == 8);
  CHECK(slope([&](D x) { return sum(DualVector(vector({x, Dual(1.0), x}))); }, 1.5) == 2);
  // A function by the chain rule, whose slope is 1: as a user writes it.
  const auto as_it_is = [](D x) { return Dual(x.value(), x.tangents()); };
  CHECK(slope([&](D x) { return Dual(as_it_is(x) * x); }, 1.5) == 3);
  const auto positive = [](D x) { return Dual(std::max(x.value(), 0.0), (x.value() > 0) * x.tangents()); };
  CHECK(slope([&](D x) { return Dual(positive(x) * x + 3.0 * positive(x)); }, 1.5) == 6);
  const Dual a(1.0, 0.5 * one), b(2.0, 2.0 * one);
  CHECK(Dual(a * b).tangents()(0) == 3);
}

}  // namespace
}  // namespace unroll::seeds
