#include "unroll/derivative/implicit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <type_traits>

#include "fixed_point.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/oracle.hpp"

namespace unroll {

namespace {

/// What `solve` gives. @throws what it does, saying for what.
template <class Solve>
Matrix solved(const ImplicitEquation& equation, const Solve& solve) {
  try {
    return solve();
  } catch (const NumericalError& e) {
    throw NumericalError(fmt::format("implicit: {}{}", e.what(), equation.advice ? equation.advice() : ""));
  }
}

/// Products with ∂_xG and ∂_θG at one (x, θ), which `cost` counts, and what they record, where there is one.
struct Products {
  const Problem& problem;
  Vector x, theta;
  Cost* cost;

  Matrix push(const Matrix& x_dot, const Matrix& theta_dot) const {
    return metered(x_dot.cols(), [&] { return checked_push(problem, x, theta, x_dot, theta_dot); });
  }
  SecondOrder pull(const Matrix& w) const {
    return metered(w.cols(), [&] { return checked_pull(problem, x, theta, w); });
  }
  Matrix pull_to_parameters(const Matrix& w) const {
    return metered(w.cols(), [&] { return checked_pull_to_parameters(problem, x, theta, w); });
  }

 private:
  template <class Product>
  std::invoke_result_t<Product> metered(Index columns, const Product& product) const {
    if (cost == nullptr) return product();
    cost->hessian_vector_products += columns;
    const TapeMeter meter;
    auto result = product();
    cost->tape_bytes = std::max(cost->tape_bytes, meter.bytes());
    return result;
  }
};

}  // namespace

Matrix ImplicitEquation::solve(const Matrix& theta_dot, const LinearOptions& options) const {
  return solved(*this,
                [&] { return solve_linear(matrix, in_blocks(forcing, matrix.size, theta_dot), options); });
}

Matrix ImplicitEquation::adjoint(const Matrix& w, const LinearOptions& options) const {
  if (w.rows() != dimension)
    throw ShapeError(fmt::format("implicit: the cotangent has {} entries, not {}", w.rows(), dimension));
  Matrix padded = Matrix::Zero(matrix.size, w.cols());
  padded.middleRows(x, dimension) = w;
  const bool is_sparse =
      matrix.pattern && (options.solver == LinearSolver::automatic || options.solver == LinearSolver::sparse);
  return solved(*this, [&] {  // (the pattern is A's, and so are the groups of columns by which it is made)
    return is_sparse && padded.allFinite() ? factorised(matrix, LinearSolver::sparse).solve_transposed(padded)
                                           : solve_linear(transposed, padded, options);
  });
}

Matrix ImplicitEquation::pull(const Matrix& lambda) const {
  return in_blocks(forcing_transposed, parameters, lambda);
}

Matrix ImplicitEquation::jacobian(const LinearOptions& options) const {
  if (parameters <= dimension) return push(Matrix::Identity(parameters, parameters), options);
  return pull(adjoint(Matrix::Identity(dimension, dimension), options)).transpose();
}

ImplicitEquation gradient_equation(const Problem& problem, const Vector& x, const Vector& theta, Cost* cost) {
  check_sizes(problem, x.size(), theta.size(), "implicit");
  if (!problem.has_equation())
    throw UnsupportedError(
        "implicit: the problem has no objective and is no root, hence there is no gradient equation: take "
        "Equation::fixed_point");
  if (const auto given = problem.given(theta)) {  // prepared once: only what reaches θ goes through π
    ImplicitEquation equation = gradient_equation(*given, x, given->point(), cost);
    equation.matrix.pattern = equation.transposed.pattern = problem.pattern();  // H is symmetric
    equation.parameters = theta.size();
    equation.forcing = [given, of_point = equation.forcing](const Matrix& theta_dot) {
      return of_point(given->push(theta_dot));
    };
    equation.forcing_transposed = [given, of_point = equation.forcing_transposed](const Matrix& w) {
      return given->pull(of_point(w));
    };
    return equation;
  }
  const auto at = std::make_shared<const Products>(Products{problem, x, theta, cost});
  return {.matrix = detail::derivative_map(problem, ad::Side::plain,
                                           [at](const Matrix& v) -> Matrix {
                                             return at->push(v, Matrix::Zero(at->theta.size(), v.cols()));
                                           }),
          .transposed = detail::derivative_map(problem, ad::Side::transposed,
                                               [at](const Matrix& v) -> Matrix { return at->pull(v).dx; }),
          .advice = [has_objective = problem.has_objective()]() -> std::string {
            return has_objective
                       ? "; x_T may need more steps; where x* is one of many add a ridge, or take Reverse{}; "
                         "of a saddle StationaryPoint(f) has the derivative"
                       : "";
          },
          .parameters = theta.size(),
          .dimension = x.size(),
          .forcing = [at](const Matrix& theta_dot) -> Matrix {
            const Index n = at->x.size();
            if (theta_dot.cols() == 0) return Matrix(n, 0);
            return -at->push(Matrix::Zero(n, theta_dot.cols()), theta_dot);
          },
          .forcing_transposed = [at](const Matrix& w) -> Matrix { return -at->pull_to_parameters(w); }};
}

Matrix implicit_jacobian(const Problem& problem, const Vector& x, const Vector& theta, const Implicit& method,
                         Cost* cost) {
  return gradient_equation(problem, x, theta, cost).jacobian(method.linear());
}

Vector implicit_vjp(const Problem& problem, const Vector& x, const Vector& theta, const Vector& cotangent,
                    const Implicit& method, Cost* cost) {
  const ImplicitEquation equation = gradient_equation(problem, x, theta, cost);
  return equation.pull(equation.adjoint(cotangent, method.linear()));
}

namespace {

class ImplicitSolution final : public Linearisation {
 public:
  ImplicitSolution(detail::StepsPtr steps, const Wanted& wanted, const Implicit& method)
      : Linearisation(std::move(steps), wanted), method_(method) {}

  Pullback pull(const detail::Seeds& seeds) override {
    const Matrix w = end_cotangents(seeds, "Implicit");
    adjoint_ = AdjointEstimate{w, placed([&] { return system().adjoint(w, method_.linear()); })};
    if (claims_rest()) check_pull(w);
    return {system().pull(adjoint_->lambda), Matrix::Zero(steps().dimension(), w.cols())};
  }
  Equation equation() override {
    if (method_.equation != Equation::automatic) return method_.equation;
    const bool is_gradient = steps().equation() == Equation::gradient && steps().problem().has_equation();
    return is_gradient ? Equation::gradient : Equation::fixed_point;
  }

 private:
  Matrix push_checked(const Matrix& theta_dot) override {
    const Matrix s = placed([&] { return system().solve(theta_dot, method_.linear()); });
    if (claims_rest()) check_push(s, theta_dot);
    return s.middleRows(system().x, system().dimension);
  }
  /// Whether x_T, of a fixed point, is said to be near x*. Then what solves the equation there is about what
  /// solves it one step further on: unless that equation is singular at x*, and is not at x_T but for its
  /// distance, as where a scale of the state is free. Of columns their sum with uneven weights is looked at.
  bool claims_rest() { return map_ != nullptr && record().status == Status::converged; }
  void check_pull(const Matrix& w) {
    const Vector mix = ad::uneven(w.cols()), of_x = w * mix, v = adjoint_->lambda * mix;
    check_further(system().transposed, v, of_x.stableNorm(), [&](const detail::FixedPoint& there) {
      Vector rest = there.pull(v) - v;
      rest.segment(there.x(), of_x.size()) += of_x;
      return rest;
    });
  }
  void check_push(const Matrix& s, const Matrix& theta_dot) {
    const Vector mix = ad::uneven(s.cols()), mixed = s * mix, theta_mixed = theta_dot * mix;
    check_further(
        system().matrix, mixed, system().forcing(theta_mixed).stableNorm(),
        [&](const detail::FixedPoint& there) { return Vector(there.push(mixed, theta_mixed) - mixed); });
  }
  /// Only what leaves more of the equation A y = b than `little` one step further on is worth another solve.
  /// @throws NumericalError.
  template <class Residual>
  void check_further(const LinearMap& A, const Vector& y, double size_of_b, const Residual& residual) {
    const auto there = map_->further();
    const Vector rest = there ? residual(*there) : Vector(Vector::Zero(y.size()));
    map_->stand();
    constexpr double little = 1e-4;
    if (!(rest.stableNorm() > little * size_of_b)) return;
    const Matrix change = solved(system(), [&] { return solve_linear(A, rest, method_.linear()); });
    const double off = change.stableNorm() / y.stableNorm(),
                 much = std::max(0.05, 10 * steps().options().tolerance);
    if (off > much)
      throw NumericalError(fmt::format(
          "implicit: at x_T, which met the tolerance of {}, one step more changes what solves the fixed "
          "point's equation by {:.0f} %: at x* the equation is singular, or x_T is not near it yet{}",
          steps().options().tolerance, 100 * off, map_->why_singular()));
  }
  /// What `product` gives. @throws what it does, saying of an equation that cannot be solved where it stands.
  template <class Product>
  Matrix placed(const Product& product) {
    try {
      return product();
    } catch (const NumericalError& e) {
      const RunRecord& run = record();
      if (run.status == Status::non_finite)
        throw NumericalError(
            fmt::format("{}; the run ended after step {}, the next was not finite: x_T is no "
                        "solution",
                        e.what(), run.steps));
      if (equation() != Equation::gradient) throw;
      const Vector g = checked_gradient(steps().problem(), run.x, steps().theta());
      throw NumericalError(fmt::format("{}; x_T, after {} steps, has a gradient of length {:.2g}", e.what(),
                                       run.steps, g.stableNorm()));
    }
  }

  const ImplicitEquation& system() {
    if (equation_) return *equation_;
    const RunRecord& run = record();
    if (equation() == Equation::gradient) {
      equation_ = gradient_equation(steps().problem(), run.x, steps().theta(), &steps().record.cost);
    } else {
      map_ = std::make_shared<const detail::FixedPoint>(steps());
      equation_ = detail::fixed_point_equation(map_, steps().dimension(), steps().parameters());
    }
    return *equation_;
  }

  Implicit method_;
  std::optional<ImplicitEquation> equation_;         // once the run has been taken
  std::shared_ptr<const detail::FixedPoint> map_{};  // of a fixed point
};

}  // namespace

std::unique_ptr<Linearisation> Implicit::linearise(detail::StepsPtr steps, const Wanted& wanted) const {
  linear().check();
  return std::make_unique<ImplicitSolution>(std::move(steps), wanted, *this);
}

}  // namespace unroll
