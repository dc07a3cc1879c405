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
#include "unroll/problem/finite_sum.hpp"
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
  const auto problem = std::make_shared<const RidgeProblem>(data.values, centred(data.target));
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
  const auto problem = std::make_shared<const LogisticProblem>(data.values, plus_minus_labels(data.target));
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

/// f = Σ_i (a_iᵀx − y_i)²/(2m) + θ‖x‖²/2, in rows.
struct RidgeRows {
  Matrix A;
  Vector y;
  template <class V>
  auto operator()(const V& x, const V& theta, std::span<const Index> rows) const {
    const Matrix some = A(std::vector<Index>(rows.begin(), rows.end()), Eigen::all);
    const Vector target = y(std::vector<Index>(rows.begin(), rows.end()));
    const V r = Matrix(some) * x - target;
    return squared_norm(r) * (0.5 / static_cast<double>(rows.size())) + 0.5 * theta[0] * squared_norm(x);
  }
};

inline Case finite_sum_case() {
  Random random(9);
  const RidgeRows f{random.matrix(12, 4), random.vector(12)};
  const Vector theta = Vector::Constant(1, 0.2);
  Spectrum s = spectrum(f.A.transpose() * f.A / 12);
  return {"finite sum",
          std::make_shared<const TemplateFiniteSum<RidgeRows>>(f, 4, 1, 12),
          random.vector(4),
          theta,
          {s.smallest + theta[0], s.largest + theta[0]}};
}

inline std::vector<Case> cases() {
  return {ridge_case(),    noncommuting_case(), random_case(),
          logistic_case(), template_case(),     finite_sum_case()};
}

/// What a solver says of itself.
struct Claims {
  std::function<bool(const Case&)> problems = [](const Case&) { return true; };
  bool converges = true;  // on them, ∂x_t to ∂x*
  // How far its iterates depend on how they are rounded:
  std::function<Index(const Case&)> steps = [](const Case&) { return 30; };  // comparable between modes
  double agreement = 1e-13;                                                  // of x between kinds of arrays
  Index difference_steps = 25;  // of which differences are accurate
};
inline bool is_quadratic(const Case& c) { return c.quadratic() != nullptr; }
/// For methods that end after n steps on a quadratic: what follows is rounding.
inline Index before_the_end(const Case& c) { return c.start.x.size() - 1; }

/// A solver and what the methods make of it, its type forgotten: tests instantiate each solver once.
struct NamedSolver {
  std::string name;
  Claims claims;
  std::function<History(const Case&, const SolveOptions&)> forward, reverse;
  std::function<Trajectory(const Problem&, const Vector& x0, const Vector& theta, const SolveOptions&)> plain;
  std::optional<Recurrence> recurrence;  // of its residual polynomial, if it has one
};

template <class S>
NamedSolver named(std::string name, const S& solver, Claims claims = {}) {
  NamedSolver result{std::move(name),
                     std::move(claims),
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

// For a Hessian with the spectrum s; each in a file of its own, *_solvers_cases.cpp.
std::vector<NamedSolver> linear_solvers(const Spectrum& s);     // with a residual polynomial
std::vector<NamedSolver> user_solvers(const Spectrum& s);       // of custom_solvers.hpp
std::vector<NamedSolver> gradient_solvers(const Spectrum& s);   // searching, conjugate, stochastic
std::vector<NamedSolver> curvature_solvers(const Spectrum& s);  // that learn or use the Hessian
std::vector<NamedSolver> proximal_solvers(const Spectrum& s);

/// Every solver that claims the case.
inline std::vector<NamedSolver> solvers(const Case& c) {
  std::vector<NamedSolver> claimed;
  for (const auto& group :
       {linear_solvers, user_solvers, gradient_solvers, curvature_solvers, proximal_solvers})
    for (NamedSolver& solver : group(c.spectrum))
      if (solver.claims.problems(c)) claimed.push_back(std::move(solver));
  return claimed;
}

}  // namespace unroll::test
