#include "unroll/theory/closed_form.hpp"

#include <fmt/core.h>

#include <Eigen/Eigenvalues>
#include <algorithm>

#include "unroll/error.hpp"
#include "unroll/solver/run.hpp"

namespace unroll {
namespace {

void check_shape(const char* name, const auto& array, Index rows, Index cols) {
  if (array.rows() == rows && array.cols() == cols) return;
  throw ShapeError(
      fmt::format("closed form: {} is {}x{}, expected {}x{}", name, array.rows(), array.cols(), rows, cols));
}

// P_t(λ_j), n.
Eigen::Ref<const Vector> residual(const ResidualPolynomial& polynomial) { return polynomial.value(); }
Eigen::Ref<const Vector> residual(const DividedDifferences& differences) { return differences.polynomial(); }

}  // namespace

double commutator(const Matrix& dH, const Matrix& H) {
  if (H.rows() != H.cols() || dH.rows() != H.rows() || dH.cols() != H.cols()) {
    throw ShapeError(
        fmt::format("commutator: dH is {}x{}, H is {}x{}", dH.rows(), dH.cols(), H.rows(), H.cols()));
  }
  const double scale = dH.norm() * H.norm();
  return scale == 0 ? 0 : (dH * H - H * dH).norm() / scale;
}

ClosedForm::ClosedForm(const QuadraticProblem& problem, Recurrence recurrence, const Vector& x0,
                       const Vector& theta, const Matrix& dx0, Formula formula)
    : terms_(terms(problem, x0, theta, dx0)),
      polynomial_(polynomial(std::move(recurrence), terms_, formula)) {}

ClosedForm::Terms ClosedForm::terms(const QuadraticProblem& problem, const Vector& x0, const Vector& theta,
                                    const Matrix& dx0) {
  const Index n = problem.dimension(), p = problem.parameters();
  check_point(problem, x0, theta, "closed form");
  if (dx0.size() != 0) check_shape("dx0", dx0, n, p);
  if (!dx0.allFinite()) throw DomainError("closed form: dx0 has an entry that is not finite");

  const Matrix H = problem.hessian_matrix(theta);
  const Vector b = problem.linear_term(theta);
  check_shape("H", H, n, n);
  check_shape("b", b, n, 1);
  const Eigen::SelfAdjointEigenSolver<Matrix> eigen(H);
  if (eigen.info() != Eigen::Success)
    throw NumericalError("closed form: the eigenvalue iteration for H did not converge");
  if (!(eigen.eigenvalues()[0] > 0)) {
    throw NumericalError(
        fmt::format("closed form: H is not positive definite, its smallest eigenvalue is {:.3g}",
                    eigen.eigenvalues()[0]));
  }
  const Matrix& V = eigen.eigenvectors();
  const auto solve = [&](const Vector& v) -> Vector {
    return V * (V.transpose() * v).cwiseQuotient(eigen.eigenvalues());
  };

  Terms r;
  r.minimiser = -solve(b);
  r.minimiser_jacobian.resize(n, p);
  r.forcing.resize(n, p);
  r.commutator = 0;
  for (Index i = 0; i < p; ++i) {
    const Matrix dH = problem.hessian_derivative(i, theta);
    const Vector db = problem.linear_term_derivative(i, theta);
    check_shape("the derivative of H", dH, n, n);
    check_shape("the derivative of b", db, n, 1);
    r.minimiser_jacobian.col(i) = -solve(dH * r.minimiser + db);
    r.forcing.col(i) = V.transpose() * (dH * (x0 - r.minimiser));
    r.hessian_derivatives.push_back(V.transpose() * dH * V);
    r.commutator = std::max(r.commutator, unroll::commutator(dH, H));
  }
  r.gap = V.transpose() * (x0 - r.minimiser);
  r.jacobian_gap =
      V.transpose() * (dx0.size() == 0 ? Matrix(-r.minimiser_jacobian) : Matrix(dx0 - r.minimiser_jacobian));
  r.eigenvalues = eigen.eigenvalues();
  r.eigenvectors = V;
  return r;
}

ClosedForm::Polynomial ClosedForm::polynomial(Recurrence recurrence, const Terms& terms, Formula formula) {
  constexpr double commuting_to_rounding = 1e-14;
  if (formula == Formula::automatic) {
    formula = terms.commutator <= commuting_to_rounding ? Formula::commuting : Formula::general;
  }
  if (formula == Formula::commuting) return ResidualPolynomial(std::move(recurrence), terms.eigenvalues);
  return DividedDifferences(std::move(recurrence), terms.eigenvalues);
}

void ClosedForm::advance() {
  std::visit([](auto& polynomial) { polynomial.advance(); }, polynomial_);
}

Index ClosedForm::step() const {
  return std::visit([](const auto& polynomial) { return polynomial.degree(); }, polynomial_);
}

Vector ClosedForm::x() const {
  const auto P = std::visit([](const auto& polynomial) { return residual(polynomial); }, polynomial_);
  return terms_.minimiser + terms_.eigenvectors * P.cwiseProduct(terms_.gap);
}

Matrix ClosedForm::jacobian() const {
  const Terms& r = terms_;
  Matrix error;  // Vᵀ(∂x_t − ∂x*)
  if (const auto* polynomial = std::get_if<ResidualPolynomial>(&polynomial_)) {
    error =
        polynomial->value().asDiagonal() * r.jacobian_gap + polynomial->derivative().asDiagonal() * r.forcing;
  } else {
    const auto& differences = std::get<DividedDifferences>(polynomial_);
    error = differences.polynomial().asDiagonal() * r.jacobian_gap;
    for (Index i = 0; i < error.cols(); ++i) {
      const Matrix& dH = r.hessian_derivatives[static_cast<std::size_t>(i)];
      error.col(i) += differences.value().cwiseProduct(dH) * r.gap;
    }
  }
  return r.minimiser_jacobian + r.eigenvectors * error;
}

}  // namespace unroll
