#include "unroll/problem/linear_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>
#include <utility>

#include "unroll/error.hpp"
#include "unroll/problem/oracle.hpp"

namespace unroll {
namespace {
constexpr Index width = 64;  // directions of a product
}  // namespace

Matrix in_blocks(const std::function<Matrix(const Matrix&)>& map, Index rows, const Matrix& v) {
  if (v.cols() <= width) return map(v);
  Matrix all(rows, v.cols());
  for (Index first = 0; first < v.cols(); first += width) {
    const Index count = std::min(width, v.cols() - first);
    all.middleCols(first, count) = map(v.middleCols(first, count));
  }
  return all;
}

Matrix dense_matrix(const LinearMap& a) {
  Matrix matrix(a.size, a.size);
  for (Index first = 0; first < a.size; first += width) {
    const Index count = std::min(width, a.size - first);
    Matrix units = Matrix::Zero(a.size, count);
    units.middleRows(first, count).setIdentity();
    matrix.middleCols(first, count) = a.apply(units);
  }
  return matrix;
}

Eigen::SparseMatrix<double> sparse_matrix(const LinearMap& a) {
  if (a.pattern->rows() != a.size || a.pattern->cols() != a.size)
    throw ShapeError(fmt::format("pattern of {}: it is {}x{}, not {}x{}", a.name, a.pattern->rows(),
                                 a.pattern->cols(), a.size, a.size));
  const SparsePattern::Groups& groups = a.pattern->groups();
  const Index n = a.size, last = groups.directions.cols() - 1;
  const Matrix product = in_blocks(a.apply, n, groups.directions);
  ad::Sparse matrix = *a.pattern->stored();
  // A times the last direction, by the entries, and what it may be off by rounding.
  Matrix by_row = Matrix::Zero(n, 2);
  auto seen = by_row.col(0), sizes = by_row.col(1);
  for (Index j = 0; j < n; ++j)
    for (ad::Sparse::InnerIterator entry(matrix, j); entry; ++entry) {
      entry.valueRef() = product(entry.row(), groups.of_column[static_cast<std::size_t>(j)]);
      seen[entry.row()] += entry.value() * groups.directions(j, last);
      sizes[entry.row()] += std::abs(entry.value());
    }

  // Of each row: the others may be of another scale. Of a row of zeros what others leave as noise.
  constexpr double rounding = 1e-9;
  const double noise = std::numeric_limits<double>::epsilon() * sizes.lpNorm<Eigen::Infinity>();
  for (Index i = 0; i < n; ++i) {
    const double missed = std::abs(product(i, last) - seen[i]);
    if (missed > (sizes[i] > 0 ? rounding * sizes[i] : noise))
      throw DomainError(fmt::format(
          "pattern of {}: row {} has entries outside it: their sum, with weights from 0.5 to 1.5, is {:.3g}",
          a.name, i, missed));
  }
  return matrix;
}

namespace {

/// Where G is linearised: ∂_xG by its products, and G itself, once.
class Point {
 public:
  Point(const Problem& problem, Cost* cost, const Vector& x, const Vector& theta)
      : problem_(problem), cost_(cost), x_(x), theta_(theta) {}

  Matrix pushed(const Matrix& v) const {
    count(&Cost::hessian_vector_products, v.cols());
    return checked_push(problem_, x_, theta_, v, still(v));
  }
  Matrix pulled(const Matrix& v) const {
    count(&Cost::hessian_vector_products, v.cols());
    return checked_pull(problem_, x_, theta_, v).dx;
  }
  /// The first of them with the gradient.
  Matrix pushed_first(const Matrix& v) {
    Matrix both;
    std::call_once(known_, [&] {
      count(&Cost::hessian_vector_products, v.cols());
      both = checked_gradient_and_push(problem_, x_, theta_, v, still(v));
      gradient_ = both.col(0);
    });
    return both.size() > 0 ? Matrix(both.rightCols(v.cols())) : pushed(v);
  }
  Vector gradient() {
    count(&Cost::gradients, 1);
    std::call_once(known_, [&] { gradient_ = checked_gradient(problem_, x_, theta_); });
    return gradient_;
  }

 private:
  Matrix still(const Matrix& v) const { return Matrix::Zero(theta_.size(), v.cols()); }
  void count(Index Cost::*counter, Index by) const {
    if (cost_ != nullptr) std::atomic_ref(cost_->*counter).fetch_add(by, std::memory_order_relaxed);
  }

  const Problem& problem_;
  Cost* cost_;
  Vector x_, theta_;
  std::once_flag known_;  // products may come from several threads
  Vector gradient_;
};

std::shared_ptr<Point> point_at(const Problem& problem, Cost* cost, const Vector& x, const Vector& theta) {
  check_sizes(problem, x.size(), theta.size(), "derivative of the gradient");
  return std::make_shared<Point>(problem, cost, x, theta);
}

}  // namespace

LinearMap detail::derivative_map(const Problem& problem, ad::Side side,
                                 std::function<Matrix(const Matrix&)> apply) {
  const bool symmetric = problem.has_objective(), plain = symmetric || side == ad::Side::plain;
  return {problem.dimension(), symmetric,
          symmetric ? "H"
          : plain   ? "the Jacobian of F"
                    : "the Jacobian of F, transposed,",
          std::move(apply), plain ? problem.pattern() : std::nullopt};
}

LinearMap detail::oracle_derivative(const Problem& problem, Cost* cost, const Vector& x, const Vector& theta,
                                    ad::Side side) {
  const auto point = point_at(problem, cost, x, theta);
  return derivative_map(problem, side, [point, side](const Matrix& v) -> Matrix {
    return side == ad::Side::plain ? point->pushed(v) : point->pulled(v);
  });
}

LinearisedGradient detail::oracle_linearised(const Problem& problem, Cost* cost, const Vector& x,
                                             const Vector& theta) {
  const auto point = point_at(problem, cost, x, theta);
  return {derivative_map(problem, ad::Side::plain,
                         [point](const Matrix& v) -> Matrix { return point->pushed_first(v); }),
          [point] { return point->gradient(); }};
}

}  // namespace unroll
