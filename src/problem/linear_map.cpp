#include "unroll/problem/linear_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

#include "unroll/error.hpp"
#include "unroll/problem/oracle.hpp"

namespace unroll {
namespace {

constexpr Index width = 64;  // directions of a product

/// A V, `width` columns at a time.
Matrix products(const LinearMap& a, const Matrix& v) {
  Matrix all(a.size, v.cols());
  for (Index first = 0; first < v.cols(); first += width) {
    const Index count = std::min(width, v.cols() - first);
    all.middleCols(first, count) = a.apply(v.middleCols(first, count));
  }
  return all;
}

}  // namespace

Vector detail::uneven(Index n) {
  constexpr double golden = 0.6180339887498949;
  Vector v(n);
  double turn = 0;  // golden i, mod 1
  for (double& entry : v) {
    turn += golden;
    if (turn >= 1) turn -= 1;
    entry = 0.5 + turn;
  }
  return v;
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
  const Index n = a.size, count = groups.sums.cols();
  Matrix directions(n, count + 1);
  directions.leftCols(count) = groups.sums;
  directions.col(count) = detail::uneven(n);

  const Matrix product = products(a, directions);
  ad::Sparse matrix = *a.pattern->stored();
  // A times the last direction, by the entries, and what it may be off by rounding.
  Vector seen = Vector::Zero(n), sizes = Vector::Zero(n);
  for (Index j = 0; j < n; ++j)
    for (ad::Sparse::InnerIterator entry(matrix, j); entry; ++entry) {
      entry.valueRef() = product(entry.row(), groups.of_column[static_cast<std::size_t>(j)]);
      seen[entry.row()] += entry.value() * directions(j, count);
      sizes[entry.row()] += std::abs(entry.value());
    }

  // Of each row: the others may be of another scale. Of a row of zeros what others leave as noise.
  constexpr double rounding = 1e-9;
  const double noise = std::numeric_limits<double>::epsilon() * sizes.lpNorm<Eigen::Infinity>();
  for (Index i = 0; i < n; ++i) {
    const double missed = std::abs(product(i, count) - seen[i]);
    if (missed > (sizes[i] > 0 ? rounding * sizes[i] : noise))
      throw DomainError(fmt::format(
          "pattern of {}: row {} has entries outside it: their sum, with weights from 0.5 to 1.5, is {:.3g}",
          a.name, i, missed));
  }
  return matrix;
}

LinearMap detail::oracle_derivative(const Problem& problem, Cost* cost, const Vector& x, const Vector& theta,
                                    ad::Side side) {
  check_sizes(problem, x.size(), theta.size(), "derivative of the gradient");
  const bool symmetric = problem.has_objective(), plain = symmetric || side == ad::Side::plain;
  return {x.size(), symmetric,
          symmetric ? "H"
          : plain   ? "the Jacobian of F"
                    : "the Jacobian of F, transposed,",
          [&problem, cost, x, theta, plain](const Matrix& v) -> Matrix {
            if (cost != nullptr)
              std::atomic_ref(cost->hessian_vector_products).fetch_add(v.cols(), std::memory_order_relaxed);
            return plain ? checked_push(problem, x, theta, v, Matrix::Zero(theta.size(), v.cols()))
                         : checked_pull(problem, x, theta, v).dx;
          },
          plain ? problem.pattern() : std::nullopt};
}

}  // namespace unroll
