#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "derivative/custom_solvers.hpp"
#include "problem/problem_cases.hpp"
#include "theory/reference.hpp"
#include "unroll/compare/dataset.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/problem/spectrum.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/solver/nesterov.hpp"
#include "unroll/solver/sobolev.hpp"
#include "unroll/solver/solve.hpp"
#include "unroll/theory/sobolev_polynomial.hpp"

/// The factors of the product problem × solver × method.
namespace unroll::test {

struct Case {
  std::string name;
  std::shared_ptr<const Problem> problem;
  Start start;
  Vector theta;
  Spectrum spectrum;  // of H at θ, or bounds of it at every x

  const QuadraticProblem* quadratic() const { return dynamic_cast<const QuadraticProblem*>(problem.get()); }
};

inline Dataset standardised_data(const std::string& name) {
  return standardise(select_target(read_csv(UNROLL_DATA_DIR "/" + name + ".csv"))).data;
}

inline Case ridge_case() {
  const Dataset data = standardised_data("auto_mpg");
  const auto problem = std::make_shared<const Ridge>(data.values, centred(data.target));
  const Vector theta = Vector::Constant(1, 0.01);
  return {"ridge, auto_mpg", problem, Vector::Ones(problem->dimension()), theta,
          spectrum(problem->hessian_matrix(theta))};
}

inline Case noncommuting_case() {
  std::map<std::string, Matrix> arrays;
  for (const auto& cell : reference_rows("noncommuting_problem.csv")) {
    Matrix& array = arrays[cell[0]];
    const Index i = std::stoi(cell[1]), j = std::stoi(cell[2]);
    array.conservativeResize(std::max(array.rows(), i + 1), std::max(array.cols(), j + 1));
    array(i, j) = std::stod(cell[3]);
  }
  const auto problem = std::make_shared<const AffineQuadratic>(
      arrays.at("H0"), std::vector<Matrix>{arrays.at("E0"), arrays.at("E1")}, arrays.at("b0"),
      arrays.at("db"));
  const Vector theta = arrays.at("theta");
  return {"quadratic of the reference", problem, Vector(arrays.at("x0")), theta,
          spectrum(problem->hessian_matrix(theta))};
}

inline Case random_case(Index n = 6, Index p = 3) {
  const QuadraticCase c = random_quadratic(n, p, 0.05, 2, false, 11);
  return {"random quadratic, x0(theta)",
          std::make_shared<const AffineQuadratic>(c.problem),
          {c.x0, c.dx0},
          c.theta,
          {0.05, 2}};
}

inline Case logistic_case() {
  const Dataset data = standardised_data("breast_cancer_original");
  const auto problem = std::make_shared<const Logistic>(data.values, plus_minus_labels(data.target));
  const Vector theta = Vector::Constant(1, 0.1);
  const double m = static_cast<double>(data.values.rows());
  const double L = spectrum(data.values.transpose() * data.values / (4 * m)).largest;
  return {
      "logistic, breast_cancer_original", problem, Vector::Zero(problem->dimension()), theta, {0.1, L + 0.1}};
}

inline Case template_case() {
  Random random(6);
  const Matrix C = random.matrix(9, 4);
  return {"template, p > n",
          shared_problem(CurvedFunction{C}, 4, 9),
          random.vector(4),
          random.vector(9),
          {1, 1 + spectrum(C.transpose() * C / 36).largest}};
}

inline std::vector<Case> cases() {
  return {ridge_case(), noncommuting_case(), random_case(), logistic_case(), template_case()};
}

/// A solver and what the methods make of it, its type forgotten: tests instantiate each solver once.
struct NamedSolver {
  std::string name;
  std::function<History(const Case&, const SolveOptions&)> forward, reverse;
  std::function<Trajectory(const Problem&, const Vector& x0, const Vector& theta, const SolveOptions&)> plain;
  std::optional<Recurrence> recurrence;  // of its residual polynomial, if it has one
};

template <class S>
NamedSolver named(std::string name, const S& solver) {
  NamedSolver result{std::move(name),
                     [=](const Case& c, const SolveOptions& o) {
                       return jacobian_history(*c.problem, solver, c.start, c.theta, o, Forward{});
                     },
                     [=](const Case& c, const SolveOptions& o) {
                       return jacobian_history(*c.problem, solver, c.start, c.theta, o, Reverse{});
                     },
                     [=](const Problem& f, const Vector& x0, const Vector& theta, const SolveOptions& o) {
                       return solve(f, solver, x0, theta, o);
                     },
                     std::nullopt};
  if constexpr (PolynomialMethod<S>) result.recurrence = residual_recurrence(solver);
  return result;
}

/// Every solver, for a Hessian with the spectrum s.
inline std::vector<NamedSolver> solvers(const Spectrum& s) {
  const auto [l, L] = s;
  return {named("gd-short", GradientDescent::short_step(L)),
          named("gd-large", GradientDescent::large_step(l, L)),
          named("heavy-ball", HeavyBall::optimal(l, L)),
          named("nesterov", Nesterov::optimal(l, L)),
          named("chebyshev", Chebyshev{l, L}),
          named("sobolev", Sobolev{{.eta = 0.3, .smallest_eigenvalue = l, .largest_eigenvalue = L}}),
          named("averaging", Averaging{1 / L}),
          named("restarting", Restarting{1 / L}),
          named("theta-step", ThetaStep{L})};
}

}  // namespace unroll::test
