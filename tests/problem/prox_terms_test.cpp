#include "unroll/problem/prox_terms.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "problem/differences.hpp"
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
    CHECK(x.minCoeff() >= 0);
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
  CHECK_THROWS_WITH_AS(Simplex{0}(v, 1, weights), doctest::Contains("the total is 0"), DomainError);
}

}  // namespace
}  // namespace unroll
