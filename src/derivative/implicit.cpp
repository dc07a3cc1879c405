#include "unroll/derivative/implicit.hpp"

#include "unroll/ad/solve.hpp"

namespace unroll {

Matrix implicit_jacobian(const Problem& problem, const Vector& x, const Vector& theta) {
  check_sizes(problem, x.size(), theta.size(), "implicit_jacobian");
  return -solve_cholesky(problem.hessian(x, theta), problem.mixed(x, theta));
}

Vector implicit_vjp(const Problem& problem, const Vector& x, const Vector& theta, const Vector& cotangent) {
  check_sizes(problem, x.size(), theta.size(), "implicit_vjp");
  return -problem.mixed(x, theta).transpose() * solve_cholesky(problem.hessian(x, theta), cotangent);
}

}  // namespace unroll
