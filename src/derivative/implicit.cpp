#include "unroll/derivative/implicit.hpp"

#include <fmt/format.h>

#include "unroll/error.hpp"

namespace unroll {

ImplicitEquation gradient_equation(const Problem& problem, const Vector& x, const Vector& theta, Cost* cost) {
  check_sizes(problem, x.size(), theta.size(), "implicit");
  if (!problem.has_objective())
    throw UnsupportedError(
        "implicit: the problem has no objective, hence no gradient equation: take Equation::fixed_point");
  const Index n = x.size(), p = theta.size();
  const auto products = [&problem, x, theta, cost](const Matrix& x_dot, const Matrix& theta_dot) {
    if (cost != nullptr) cost->hessian_vector_products += x_dot.cols();
    return problem.second_order(x, theta, x_dot, theta_dot);
  };
  const auto along_x = [products, p](const Matrix& v) { return products(v, Matrix::Zero(p, v.cols())); };
  const LinearMap hessian{n, true, "H", [along_x](const Matrix& v) { return along_x(v).dx; }};
  return {.matrix = hessian,
          .transposed = hessian,
          .parameters = p,
          .forcing = [products, n](const Matrix& theta_dot) -> Matrix {
            if (theta_dot.cols() == 0) return Matrix(n, 0);
            return -products(Matrix::Zero(n, theta_dot.cols()), theta_dot).dx;
          },
          .forcing_transposed = [along_x](const Matrix& w) -> Matrix { return -along_x(w).dtheta; }};
}

Matrix solve_jacobian(const ImplicitEquation& equation, const Implicit& method) {
  const Index n = equation.matrix.size, p = equation.parameters;
  if (p <= n) return solve_linear(equation.matrix, equation.forcing(Matrix::Identity(p, p)), method);
  const Matrix adjoints = solve_linear(equation.transposed, Matrix::Identity(n, n), method);
  return equation.forcing_transposed(adjoints).transpose();
}

Vector solve_pushforward(const ImplicitEquation& equation, const Vector& tangent, const Implicit& method) {
  return solve_linear(equation.matrix, equation.forcing(tangent), method);
}

Vector solve_adjoint(const ImplicitEquation& equation, const Vector& cotangent, const Implicit& method) {
  if (cotangent.size() != equation.matrix.size)
    throw ShapeError(fmt::format("implicit: the cotangent has {} entries, not {}", cotangent.size(),
                                 equation.matrix.size));
  return solve_linear(equation.transposed, cotangent, method);
}

Matrix implicit_jacobian(const Problem& problem, const Vector& x, const Vector& theta, const Implicit& method,
                         Cost* cost) {
  return solve_jacobian(gradient_equation(problem, x, theta, cost), method);
}

Vector implicit_vjp(const Problem& problem, const Vector& x, const Vector& theta, const Vector& cotangent,
                    const Implicit& method, Cost* cost) {
  const ImplicitEquation equation = gradient_equation(problem, x, theta, cost);
  return equation.forcing_transposed(solve_adjoint(equation, cotangent, method));
}

}  // namespace unroll
