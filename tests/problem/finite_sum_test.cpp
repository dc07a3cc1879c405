#include "unroll/problem/finite_sum.hpp"

#include <doctest/doctest.h>

#include "problem/differences.hpp"
#include "solver/random_quadratic.hpp"
#include "unroll/ad/tape.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/oracle.hpp"

namespace unroll {
namespace {

/// log(1 + exp(−a_iᵀx)) + θ‖x‖²/2.
struct Margins {
  Matrix A;
  template <class V>
  auto operator()(const V& x, const V& theta, std::span<const Index> rows) const {
    const Matrix some = A(std::vector<Index>(rows.begin(), rows.end()), Eigen::all);
    const V z = Matrix(-some) * x;
    return mean(softplus(z)) + 0.5 * theta[0] * squared_norm(x);
  }
};

const Matrix A = test::Random(3).matrix(7, 3);
const Vector x{{0.3, -1.0, 0.5}}, theta = Vector::Constant(1, 0.2);

TEST_CASE("a finite sum is the mean of its terms, in value, gradient and second order") {
  const auto f = make_finite_sum(Margins{A}, 3, 1, 7);
  CHECK(f.terms() == 7);
  double value = 0;
  Vector gradient = Vector::Zero(3);
  Matrix hessian = Matrix::Zero(3, 3);
  for (Index i = 0; i < 7; ++i) {
    const auto term = f.batch({i});
    value += term->value(x, theta) / 7;
    gradient += term->gradient(x, theta) / 7;
    hessian += term->hessian(x, theta) / 7;
  }
  CHECK(f.value(x, theta) == doctest::Approx(value).epsilon(1e-14));
  CHECK(test::relative_gap(f.gradient(x, theta), gradient) <= 1e-14);
  CHECK(test::relative_gap(f.hessian(x, theta), hessian) <= 1e-14);
}

TEST_CASE("the oracle's gradient of a batch is that of its rows, over plain, dual and taped arrays") {
  const auto f = make_finite_sum(Margins{A}, 3, 1, 7);
  const std::vector<Index> rows{5, 0, 5};
  Matrix some(3, 3);
  some << A.row(5), A.row(0), A.row(5);
  const auto alone = make_finite_sum(Margins{some}, 3, 1, 3);
  const Vector g = alone.gradient(x, theta);
  Cost cost;
  CHECK(test::relative_gap(Oracle<Vector>(f, &cost).gradient(x, theta, rows), g) <= 1e-15);
  CHECK(cost.gradients == 1);

  Matrix J(3, 4);
  J << alone.hessian(x, theta), alone.mixed(x, theta);
  const Matrix all = Matrix::Identity(4, 4);
  const DualVector dual = Oracle<DualVector>(f).gradient(DualVector(x, all.topRows(3)),
                                                         DualVector(theta, all.bottomRows(1)), rows);
  CHECK(test::relative_gap(dual.tangents(), J) <= 1e-14);

  Tape tape;
  const VarVector taped = tape.input(x), p = tape.input(theta);
  const VarVector y = Oracle<VarVector>(f).gradient(taped, p, rows);
  const Sweep back = tape.sweep(y, Matrix::Identity(3, 3));
  Matrix swept(3, 4);
  swept << back.adjoint(taped).transpose(), back.adjoint(p).transpose();
  CHECK(test::relative_gap(swept, J) <= 1e-14);
}

TEST_CASE("a sum of no terms is refused") {
  CHECK_THROWS_WITH_AS(make_finite_sum(Margins{A}, 3, 1, 0), doctest::Contains("m = 0"), ShapeError);
}

}  // namespace
}  // namespace unroll
