#include "unroll/problem/problem.hpp"

#include <fmt/format.h>

#include "unroll/error.hpp"

namespace unroll {

Vector Problem::parameter_gradient(const Vector&, const Vector&) const {
  throw UnsupportedError("problem: this one does not give ∇_θ f (override parameter_gradient)");
}

void Problem::check_domain(const Vector& theta) const {
  for (Index i = 0; i < theta.size(); ++i)
    if (!std::isfinite(theta[i])) throw DomainError(fmt::format("problem: theta[{}] is {}", i, theta[i]));
}

std::optional<Curvature> Problem::curvature(const Vector&) const { return std::nullopt; }

Matrix Problem::hessian(const Vector& x, const Vector& theta) const {
  check_sizes(*this, x.size(), theta.size(), "hessian");
  const Index n = dimension();
  return second_order(x, theta, Matrix::Identity(n, n), Matrix::Zero(parameters(), n)).dx;
}

Matrix Problem::mixed(const Vector& x, const Vector& theta) const {
  check_sizes(*this, x.size(), theta.size(), "mixed");
  const Index p = parameters();
  return second_order(x, theta, Matrix::Zero(dimension(), p), Matrix::Identity(p, p)).dx;
}

void check_sizes(const Problem& problem, Index x, Index theta, std::string_view operation) {
  if (x != problem.dimension())
    throw ShapeError(
        fmt::format("{}: the problem has n = {}, x has {} entries", operation, problem.dimension(), x));
  if (theta != problem.parameters())
    throw ShapeError(fmt::format("{}: the problem has p = {}, theta has {} entries", operation,
                                 problem.parameters(), theta));
}

void check_dimensions(Index n, Index p, std::string_view operation) {
  if (n < 1 || p < 0) throw ShapeError(fmt::format("{}: n = {}, p = {}", operation, n, p));
}

}  // namespace unroll
