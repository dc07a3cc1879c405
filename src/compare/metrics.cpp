#include "unroll/compare/metrics.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

#include "unroll/error.hpp"
#include "unroll/problem/quadratic.hpp"

namespace unroll {
namespace {

/// Nodes and weights of ∫₀¹ (1−s) g(s) ds, exact for polynomials of degree 5 (Gauss–Jacobi).
struct Node {
  double s, weight;
};
constexpr std::array<Node, 3> gauss_jacobi{{{0.088587959512703947, 0.20093191373895963},
                                            {0.40946686444073471, 0.22924110635958624},
                                            {0.78765946176084706, 0.069826979901454123}}};

}  // namespace

double relative_error(const Matrix& estimate, const Matrix& exact) {
  if (estimate.rows() != exact.rows() || estimate.cols() != exact.cols()) {
    throw ShapeError(fmt::format("relative_error: the estimate is {}x{}, the exact value {}x{}",
                                 estimate.rows(), estimate.cols(), exact.rows(), exact.cols()));
  }
  const double size = exact.norm();
  if (size == 0) throw DomainError("relative_error: the exact value is zero");
  return (estimate - exact).norm() / size;
}

Suboptimality::Suboptimality(const Problem& problem, Vector theta, Vector minimiser, const Vector& start)
    : problem_(problem), theta_(std::move(theta)), minimiser_(std::move(minimiser)) {
  if (const auto* quadratic = dynamic_cast<const QuadraticProblem*>(&problem)) {
    hessian_ = quadratic->hessian_matrix(theta_);
  } else {
    value_ = problem.value(minimiser_, theta_);
  }
  start_gap_ = gap(start);
  if (!std::isfinite(start_gap_)) throw DomainError("the start point is so far away that f overflows there");
  if (!(start_gap_ > 0)) {
    throw DomainError("the start point is the minimiser: the relative suboptimality is undefined");
  }
}

double Suboptimality::operator()(const Vector& x) const { return gap(x) / start_gap_; }

double Suboptimality::gap(const Vector& x) const {
  const Vector d = x - minimiser_;
  if (hessian_.size() > 0) return 0.5 * d.dot(hessian_ * d);
  const double difference = problem_.value(x, theta_) - value_;
  if (!(difference < 1e-4 * std::abs(value_))) return difference;
  double integral = 0;
  const Matrix no_direction = Matrix::Zero(theta_.size(), 1);
  for (const auto& [s, weight] : gauss_jacobi) {
    const Vector point = minimiser_ + s * d;
    integral += weight * d.dot(problem_.second_order(point, theta_, d, no_direction).dx.col(0));
  }
  return integral;
}

std::vector<Index> log_spaced(Index first, Index last, Index count) {
  if (first < 1 || count < 2) {
    throw DomainError(
        fmt::format("log_spaced: first = {} must be at least 1, count = {} at least 2", first, count));
  }
  std::vector<Index> points;
  const double ratio = std::log(static_cast<double>(last) / static_cast<double>(first));
  for (Index i = 0; i < count && first <= last; ++i) {
    const double exponent = ratio * static_cast<double>(i) / static_cast<double>(count - 1);
    const Index point = i + 1 == count ? last : std::llround(static_cast<double>(first) * std::exp(exponent));
    if (points.empty() || point > points.back()) points.push_back(point);
  }
  return points;
}

}  // namespace unroll
