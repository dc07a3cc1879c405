#include <doctest/doctest.h>

#include "../../examples/logistic_problems.hpp"
#include "problem/differences.hpp"
#include "unroll/compare/instance.hpp"

/// The problems of examples/hyperparameter_tuning and examples/influence.
namespace unroll {
namespace {

const examples::SignedRows& data() {
  static const examples::SignedRows rows = examples::load(UNROLL_DATA_DIR "/breast_cancer_diagnostic.csv");
  return rows;
}

/// Entries `which` of the hypergradient of every method, against central differences of the outer loss at the
/// exact minimiser.
template <class Outer>
void check(const Outer& outer, const Problem& problem, double curvature, double l, const Vector& theta,
           const std::vector<Index>& which) {
  Vector slope(static_cast<Index>(which.size()));
  for (std::size_t k = 0; k < which.size(); ++k) {
    const double h = 1e-3;  // the derivative's own error is O(h²) of the third
    const auto loss = [&](double along) {
      const Vector at = theta + along * Vector::Unit(theta.size(), which[k]);
      return outer(newton_minimiser(problem, at), at);
    };
    slope[static_cast<Index>(k)] =
        (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h);  // of fourth order
  }
  const Vector x0 = Vector::Zero(problem.dimension());
  const auto solver = Nesterov::optimal(l, curvature);
  const SolveOptions options{.steps = 2500};
  const auto gap = [&](const auto& method) {
    const Hypergradient h = hypergradient(outer, problem, solver, x0, theta, options, method);
    return (Vector(h.dtheta(which)) - slope).norm() / slope.norm();
  };
  REQUIRE(slope.norm() > 0);
  CHECK(gap(Implicit{}) <= 1e-5);
  CHECK(gap(Implicit{.linear_solver = LinearSolver::conjugate_gradient}) <= 1e-5);
  CHECK(gap(Reverse{}) <= 1e-5);
}

TEST_CASE("the hypergradient of the hold-out loss in 30 penalties is its slope, by every method") {
  const examples::LogisticLoss training{data().third(false).rows()}, hold_out{data().third(true).rows()};
  const auto problem = make_problem(examples::PenalisedLoss{training}, 30, 30);
  const Vector theta = Vector::LinSpaced(30, std::log(0.01), std::log(1.0));
  std::vector<Index> all;
  for (Index j = 0; j < 30; ++j) all.push_back(j);
  check(hold_out, problem, examples::loss_curvature(training.rows) + 1, 0.01, theta, all);
}

TEST_CASE("the derivative of a prediction in 569 row weights is its slope, by every method") {
  const Matrix rows = data().rows();
  const auto problem = make_problem(examples::WeightedLoss{rows, 0.01}, 30, 569);
  const examples::LogOdds prediction{data().features.row(3).transpose()};
  check(prediction, problem, examples::loss_curvature(rows) + 0.01, 0.01, Vector::Ones(569),
        {0, 3, 41, 77, 111, 204, 311, 568});
}

}  // namespace
}  // namespace unroll
