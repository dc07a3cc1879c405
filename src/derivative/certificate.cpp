#include "unroll/derivative/certificate.hpp"

#include <fmt/format.h>

#include "unroll/error.hpp"

namespace unroll {

double Certificate::bound(double smallest_eigenvalue) const {
  if (!(smallest_eigenvalue > 0))
    throw DomainError(
        fmt::format("certificate: the smallest eigenvalue is {}, must be positive", smallest_eigenvalue));
  return residual / smallest_eigenvalue;
}

Certificate certify(const Problem& problem, const Vector& x, const Vector& theta, const Matrix& jacobian,
                    Cost* cost) {
  check_sizes(problem, x.size(), theta.size(), "certify");
  const Index p = problem.parameters();
  if (jacobian.rows() != x.size() || jacobian.cols() != p)
    throw ShapeError(fmt::format("certify: the Jacobian is {}x{}, not {}x{}", jacobian.rows(),
                                 jacobian.cols(), x.size(), p));
  if (cost != nullptr) {
    cost->gradients += 1;
    cost->hessian_vector_products += p;
  }
  return {problem.gradient(x, theta).norm(),
          p == 0 ? 0.0 : problem.second_order(x, theta, jacobian, Matrix::Identity(p, p)).dx.norm()};
}

}  // namespace unroll
