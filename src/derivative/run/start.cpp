#include "unroll/derivative/start.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/error.hpp"
#include "unroll/problem/problem.hpp"

namespace unroll {

namespace {
/// @throws UnsupportedError if x_0(θ), asked for with derivatives, is not what it is without.
void check_start(const Vector& x0, const Vector& plain) {
  constexpr double tolerance = 1e-3;  // far above rounding
  const bool differ = x0.size() != plain.size() ||
                      (x0 - plain).stableNorm() > tolerance * std::max(x0.stableNorm(), plain.stableNorm());
  if (differ && plain.allFinite())
    throw UnsupportedError(
        "start: x0(theta), called again, gives other numbers than before: it must be a function of theta "
        "alone, the same for every kind of array");
}
}  // namespace

Vector Start::at(const Problem& problem, const Vector& theta) const {
  const Index n = problem.dimension(), p = problem.parameters();
  check_sizes(problem, n, theta.size(), "start");
  Vector x0 = function != nullptr ? function->at(theta) : x;
  if (function != nullptr && x0.size() != n)
    throw ShapeError(
        fmt::format("start: x0(theta) has {} entries, the problem has {} variables", x0.size(), n));
  if (dx.size() > 0 && (dx.rows() != n || dx.cols() != p))
    throw ShapeError(fmt::format("start: dx0 is {}x{}, not {}x{}", dx.rows(), dx.cols(), n, p));
  if (!dx.allFinite()) throw DomainError("start: dx0 is not finite");
  return x0;
}

Matrix Start::push(const Vector& theta, const Matrix& theta_dot) const {
  if (function != nullptr) {
    const DualVector x0 = function->at(DualVector(theta, theta_dot));
    check_start(x0.value(), function->at(theta));
    if (x0.directions() > 0) return x0.tangents();
    return Matrix::Zero(x0.size(), theta_dot.cols());
  }
  if (dx.size() == 0) return Matrix::Zero(x.size(), theta_dot.cols());
  return dx * theta_dot;
}

Matrix Start::pull(const Vector& theta, const Matrix& w) const {
  if (function != nullptr) {
    Tape tape;
    const VarVector input = tape.input(theta), x0 = function->at(input);
    check_start(x0.value(), function->at(theta));
    if (x0.is_constant()) return Matrix::Zero(theta.size(), w.cols());
    return tape.sweep(x0, w).adjoint(input);
  }
  if (dx.size() == 0) return Matrix::Zero(theta.size(), w.cols());
  return dx.transpose() * w;
}

VarVector Start::on(const VarVector& theta) const {
  if (function) return function->at(theta);
  if (dx.size() == 0) return VarVector(x);
  return VarVector(x + dx * (theta - theta.value()));
}

}  // namespace unroll
