#include "unroll/problem/prox_terms.hpp"

#include <doctest/doctest.h>

#include <Eigen/Cholesky>
#include <Eigen/SVD>
#include <cmath>
#include <limits>

#include "problem/differences.hpp"
#include "solver/random_quadratic.hpp"
#include "support/worst.hpp"
#include "unroll/ad/tape.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

const Vector v{{1.5, -0.2, 0.4, -2.0}}, weights{{0.3, 0.5}};

/// The Jacobian of a term in (v, θ), n×(n + p), by one sweep.
template <class Term>
Matrix swept(const Term& term, double step) {
  Tape tape;
  const VarVector x = tape.input(v), p = tape.input(weights);
  const Sweep back = tape.sweep(term(x, step, p), Matrix::Identity(4, 4));
  Matrix J(4, 6);
  J << back.adjoint(x).transpose(), back.adjoint(p).transpose();
  return J;
}
template <class Term>
Matrix pushed(const Term& term, double step) {
  const Matrix all = Matrix::Identity(6, 6);
  return term(DualVector(v, all.topRows(4)), step, DualVector(weights, all.bottomRows(2))).tangents();
}
template <class Term>
Matrix differences(const Term& term, double step) {
  Matrix J(4, 6);
  J << test::central_differences([&](const Vector& x) { return term(x, step, weights); }, v),
      test::central_differences([&](const Vector& p) { return term(v, step, p); }, weights);
  return J;
}

TEST_CASE("both modes differentiate every term's map, in its argument and in theta") {
  const auto check = [](const auto& term) {
    const Matrix expected = differences(term, 0.7);
    CHECK(test::relative_gap(swept(term, 0.7), expected) <= 1e-9);
    CHECK(test::relative_gap(pushed(term, 0.7), expected) <= 1e-9);
  };
  check(L1{.weight = 0.5});
  check(L1{.weight = 1, .parameter = 1});
  check(Box{Vector::Constant(4, -1), Vector::Constant(4, 0.3)});
  check(Simplex{1});
  check(Simplex{5});
  check(NonNegative{});
  check(ElasticNet{.l1 = 0.5, .l2 = 2});
  check(ElasticNet{.l1 = 1, .l2 = 0.7, .l1_parameter = 0, .l2_parameter = 1});
  check(GroupLasso{.sizes = {3, 1}, .weight = 0.4});
  check(GroupLasso{.sizes = {1, 2, 1}, .weight = 2, .parameter = 0});  // the middle one vanishes
  check(L1Ball{.radius = 2});
  check(L1Ball{.radius = 3, .parameter = 1});
  check(L1Ball{.radius = 50});
  check(L2Ball{.radius = 0.5});
  check(L2Ball{.radius = 1, .parameter = 0});
  check(LInfBall{.radius = 1.2});
  check(LInfBall{.radius = 1, .parameter = 1});
  const Matrix A{{1, 2, 0, -1}, {0, 1, 1, 3}};
  check(AffineSet(A, Vector{{0.3, 1.0}}));
  check(AffineSet(A, 0));
  check(SecondOrderCone{});
  check(TotalVariation{.weight = 0.2});
  check(TotalVariation{.weight = 1, .parameter = 0});
  check(TotalVariation{.weight = 50});  // one piece
  check(NuclearNorm{.rows = 2, .cols = 2, .weight = 0.5});
  check(NuclearNorm{.rows = 2, .cols = 2, .weight = 1, .parameter = 1});
  check(NuclearNorm{.rows = 4, .cols = 1, .weight = 0.5});  // one singular value, and three beside it
  check(NuclearNorm{.rows = 1, .cols = 4, .weight = 1, .parameter = 0});
}

/// ψ(x) + ‖x − v‖²/(2h), least at prox_{hψ}(v): along random directions from there it rises.
template <class Term, class Psi>
void check_least(const Term& term, const Psi& psi, Index n) {
  test::Random random(5);
  for (int trial = 0; trial < 20; ++trial) {
    const Vector at = 2 * random.vector(n);
    for (const double step : {0.3, 1.0}) {
      const Vector x = term(at, step, weights);
      const auto total = [&](const Vector& y) { return psi(y) + (y - at).squaredNorm() / (2 * step); };
      const double least = total(x);
      REQUIRE(std::isfinite(least));
      for (int other = 0; other < 200; ++other) {
        const Vector y = x + std::pow(10, -(other % 6)) * random.vector(n);
        const double above = total(y);
        if (std::isfinite(above)) CHECK(above >= least - 1e-12 * (1 + std::abs(least)));
      }
    }
  }
}

TEST_CASE("every term's map is where its function, with the distance, is least") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto inside = [](bool holds) { return holds ? 0.0 : infinity; };
  const double slack = 1e-12;
  check_least(
      ElasticNet{.l1 = 0.5, .l2 = 2}, [](const Vector& x) { return 0.5 * x.lpNorm<1>() + x.squaredNorm(); },
      5);
  check_least(
      GroupLasso{.sizes = {2, 3}, .weight = 0.8},
      [](const Vector& x) { return 0.8 * (x.head(2).norm() + x.tail(3).norm()); }, 5);
  check_least(
      NonNegative{}, [&](const Vector& x) { return inside(x.minCoeff() >= -slack); }, 5);
  check_least(
      L1Ball{.radius = 1.5}, [&](const Vector& x) { return inside(x.lpNorm<1>() <= 1.5 + slack); }, 5);
  check_least(
      L2Ball{.radius = 1.5}, [&](const Vector& x) { return inside(x.norm() <= 1.5 + slack); }, 5);
  check_least(
      LInfBall{.radius = 0.7},
      [&](const Vector& x) { return inside(x.lpNorm<Eigen::Infinity>() <= 0.7 + slack); }, 5);
  check_least(
      SecondOrderCone{}, [&](const Vector& x) { return inside(x.head(4).norm() <= x[4] + slack); }, 5);
  for (const double weight : {0.05, 0.4, 3.0})
    check_least(
        TotalVariation{.weight = weight},
        [&](const Vector& x) { return weight * (x.tail(11) - x.head(11)).lpNorm<1>(); }, 12);
  for (const double weight : {0.2, 0.9})
    check_least(
        NuclearNorm{.rows = 2, .cols = 3, .weight = weight},
        [&](const Vector& x) {
          return weight * Eigen::JacobiSVD<Matrix>(x.reshaped(2, 3)).singularValues().sum();
        },
        6);
  CHECK_THROWS_WITH_AS(NuclearNorm({.rows = 2, .cols = 3})(v, 1, weights),
                       doctest::Contains("4 entries, not 2x3"), ShapeError);
  // Onto an affine set: the remainder is in the range of Aᵀ, and A x = b.
  test::Random random(1);
  const Matrix A = random.matrix(3, 8);
  const Vector b = random.vector(3), at = random.vector(8);
  const Vector x = AffineSet(A, b)(at, 1, weights);
  CHECK((A * x - b).norm() <= 1e-13);
  CHECK((A.transpose() * (A * A.transpose()).llt().solve(A * (at - x)) - (at - x)).norm() <= 1e-13);
  // Rows that are nearly the same lose the digits of their condition, not twice as many; and units do not
  // matter.
  const Vector only{{0.25, 0.75}};
  for (const double gap : {1e-3, 1e-6})
    for (const double unit : {1.0, 1e-170, 1e170}) {
      const Matrix near = unit * Matrix{{1, 1}, {1, 1 + gap}};
      CHECK((AffineSet(near, Vector(near * only))(Vector{{1, 0}}, 1, weights) - only).norm() <= 1e-15 / gap);
    }
}

TEST_CASE("a weight of 0 leaves the map x with its slope, also where x is 0") {
  const Matrix identity = Matrix::Identity(3, 3);
  const DualVector zero(Vector{{0, -0.0, 2}}, identity);
  const DualVector p(Vector{{0}}, Matrix::Zero(1, 3));
  CHECK(L1{.weight = 0}(zero, 0.6, p).tangents() == identity);
  CHECK(L1{.weight = 1, .parameter = 0}(zero, 0.6, p).tangents() == identity);
  Tape tape;
  const VarVector x = tape.input(Vector{{0, -0.0, 2}}), weight = tape.input(Vector{{0}});
  const Sweep back = tape.sweep(L1{.weight = 1, .parameter = 0}(x, 0.6, weight), identity);
  CHECK(back.adjoint(x) == identity);
  CHECK(back.adjoint(weight) == Matrix{{0, 0, -0.6}});  // ∂ sign(x_i) max(|x_i| − 0.6 θ, 0) for θ ≥ 0
  CHECK(soft_threshold(DualVector(Vector{{0, 0}}, Matrix::Identity(2, 2)), Vector{{0, 0.1}}).tangents() ==
        Matrix{{1, 0}, {0, 0}});
}

TEST_CASE("where a map is the identity, or one point, so is its derivative, at zero and at ties too") {
  const Matrix identity = Matrix::Identity(3, 3), none = Matrix::Zero(3, 3);
  const auto slope = [&](const auto& term, const Vector& at) {
    return Matrix(term(DualVector(at, identity), 0.7, DualVector(weights)).tangents());
  };
  for (const Vector& at : {Vector{{0, 0, 0}}, Vector{{1, 1, 1}}, Vector{{2, 0, 2}}}) {
    CHECK(slope(L1{.weight = 0}, at) == identity);
    CHECK(slope(ElasticNet{.l1 = 0, .l2 = 0}, at) == identity);
    CHECK(slope(GroupLasso{.sizes = {2, 1}, .weight = 0}, at) == identity);
    CHECK(slope(TotalVariation{.weight = 0}, at) == identity);
    CHECK(slope(NuclearNorm{.rows = 3, .cols = 1, .weight = 0}, at) == identity);
    CHECK(slope(NuclearNorm{.rows = 1, .cols = 3, .weight = 50}, at) == none);
    CHECK(slope(L1Ball{.radius = 0}, at) == none);
    CHECK(slope(L2Ball{.radius = 0}, at) == none);
    CHECK(slope(LInfBall{.radius = 0}, at) == none);
  }
}

TEST_CASE("a NaN is passed on by every term, never turned into a number") {
  const Vector unknown{{std::nan(""), 1, 2, 3}}, p{{0.3, 0.5}};
  const auto check = [&](const auto& term) { CHECK(!Vector(term(unknown, 0.5, p)).allFinite()); };
  check(L1{.weight = 1});
  check(ElasticNet{.l1 = 1, .l2 = 1});
  check(GroupLasso{.sizes = {2, 2}, .weight = 1});
  check(TotalVariation{.weight = 1});
  check(NuclearNorm{.rows = 2, .cols = 2, .weight = 1});
  check(L1Ball{.radius = 1});
  check(L2Ball{.radius = 1});
  check(LInfBall{.radius = 1});
  check(SecondOrderCone{});
  check(NonNegative{});
}

TEST_CASE("a box whose bounds are one has the slope of the bound, and none in x") {
  const Vector bound{{1, 1, 1}};
  const Matrix identity = Matrix::Identity(3, 3);
  const DualVector x(Vector{{0, 1, 2}}, identity);
  CHECK(Box{bound, bound}(x, 1, DualVector(weights)).tangents() == Matrix::Zero(3, 3));
  CHECK(box_projection(x, 1.0, Vector{{2, 1, 1}}).tangents() == Matrix::Zero(3, 3));
  Tape tape;
  const VarVector taped = tape.input(Vector{{0, 1, 2}}), both = tape.input(bound);
  const Sweep back = tape.sweep(box_projection(taped, both, both), identity);
  CHECK(back.adjoint(taped) == Matrix::Zero(3, 3));
  CHECK(back.adjoint(both) == identity);
}

TEST_CASE("the l1 term shrinks by step times lambda, a number or an entry of theta") {
  const Vector half = L1{.weight = 0.5}(v, 0.6, weights);
  CHECK((half - Vector{{1.2, 0.0, 0.1, -1.7}}).norm() <= 1e-15);
  CHECK((L1{.weight = 1, .parameter = 1}(v, 0.6, weights) - half).norm() <= 1e-15);
}

TEST_CASE("the projection onto the simplex satisfies the conditions of optimality") {
  for (const double total : {0.1, 1.0, 50.0}) {
    const Vector x = Simplex{total}(v, 1, weights);
    CHECK(test::largest(-x) <= 0);
    CHECK(x.sum() == doctest::Approx(total).epsilon(1e-14));
    // v − x is τ on the support and at most τ elsewhere.
    const double tau = v.maxCoeff() - x.maxCoeff();
    for (Index i = 0; i < 4; ++i)
      CHECK((x[i] > 0 ? std::abs(v[i] - x[i] - tau) <= 1e-14 * total : v[i] <= tau));
  }
  const Vector inside{{0.25, 0.25, 0.5, 0.0}};
  CHECK((Simplex{1}(inside, 1, weights) - inside).norm() <= 1e-16);
}

TEST_CASE("a term that cannot be applied is refused, with the sizes or the value") {
  const Vector three = Vector::Zero(3), four = Vector::Ones(4);
  CHECK_THROWS_WITH_AS((Box{three, four}(v, 1, weights)), doctest::Contains("4 entries"), ShapeError);
  CHECK_THROWS_WITH_AS((Box{three, four}(v, 1, weights)), doctest::Contains("3"), ShapeError);
  CHECK_THROWS_AS((Box{2 * four, four}(v, 1, weights)), DomainError);
  CHECK_THROWS_AS((L1{.weight = -1}(v, 1, weights)), DomainError);
  CHECK_THROWS_WITH_AS((L1{.weight = 1, .parameter = 2}(v, 1, weights)),
                       doctest::Contains("theta[2], theta has 2"), ShapeError);
  CHECK_THROWS_WITH_AS((GroupLasso{.sizes = {3, 2}}(v, 1, weights)), doctest::Contains("5 entries, x has 4"),
                       ShapeError);
  CHECK_THROWS_WITH_AS((GroupLasso{.sizes = {4, 0}}(v, 1, weights)), doctest::Contains("0 entries"),
                       ShapeError);
  CHECK_THROWS_WITH_AS((L2Ball{.radius = -1}(v, 1, weights)), doctest::Contains("l2 ball"), DomainError);
  CHECK_THROWS_AS((L1Ball{.radius = 1, .parameter = 5}(v, 1, weights)), ShapeError);
  CHECK_THROWS_AS(AffineSet(Matrix::Ones(2, 4), Vector(Vector::Ones(2))), NumericalError);
  CHECK_THROWS_WITH_AS(AffineSet(Matrix{{1, 1}, {2, 2}}, Vector(Vector::Ones(2))),
                       doctest::Contains("rank is 1"), NumericalError);
  CHECK_THROWS_AS(AffineSet(Matrix::Identity(3, 2), Vector(Vector::Ones(3))), NumericalError);
  CHECK(AffineSet(Matrix(0, 2), Vector())(Vector{{1, 2}}, 1, weights) == Vector{{1, 2}});
  CHECK_THROWS_WITH_AS(AffineSet(Matrix::Identity(2, 4), Vector(Vector::Ones(3))),
                       doctest::Contains("2 rows, b 3"), ShapeError);
  CHECK_THROWS_AS(AffineSet(Matrix::Identity(2, 4), Index{1})(v, 1, weights), ShapeError);
  CHECK_THROWS_WITH_AS(Simplex{0}(v, 1, weights), doctest::Contains("the total is 0"), DomainError);
}

}  // namespace
}  // namespace unroll
