#include "unroll/problem/prox_terms.hpp"

#include <fmt/format.h>

#include <Eigen/QR>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "unroll/error.hpp"

namespace unroll::detail {

void check_parameter(std::string_view term, Index parameter, Index p) {
  if (parameter >= p)
    throw ShapeError(
        fmt::format("{}: a parameter of it is theta[{}], theta has {} entries", term, parameter, p));
}

void check_weight(std::string_view term, double value) {
  if (!(value >= 0) || std::isinf(value))
    throw DomainError(
        fmt::format("{}: its weight, or radius, is {}, it must be finite and not negative", term, value));
}

void check_groups(const std::vector<Index>& sizes, Index n) {
  Index sum = 0;
  for (const Index size : sizes) {
    if (size < 1) throw ShapeError(fmt::format("group lasso: a group has {} entries", size));
    sum += size;
  }
  if (sum != n) throw ShapeError(fmt::format("group lasso: the groups have {} entries, x has {}", sum, n));
}

TautString taut_string(const Vector& v, double tau) {
  const Index n = v.size();
  // Dual form: x = v − Dᵀu, |u_i| ≤ τ; the cumulated sums of x are the shortest string in a tube of radius τ
  // around those of v, fixed at both ends. Its bends are found from the left, one after the other, by the two
  // hulls.
  std::vector<Index> ends;    // one past each piece
  std::vector<double> sides;  // −1, 0, 1: where the string touches the tube at the end of a piece
  Vector sums(n + 1);
  sums[0] = 0;
  for (Index i = 0; i < n; ++i) sums[i + 1] = sums[i] + v[i];
  for (Index i = 0; i < n && tau == 0; ++i) {  // the map is the identity
    ends.push_back(i + 1);
    sides.push_back(i + 1 == n || v[i + 1] == v[i] ? 0 : v[i + 1] > v[i] ? 1 : -1);
  }
  double from = 0;  // the string's height above sums at `begin`
  for (Index begin = tau == 0 ? n : 0; begin < n;) {
    double least = std::numeric_limits<double>::infinity(), most = -least;  // slopes that stay inside so far
    Index least_at = begin, most_at = begin;
    Index end = begin + 1;
    bool bends = false;
    double side = 0;
    for (; end <= n; ++end) {
      const double length = static_cast<double>(end - begin), low = end == n ? 0 : -tau,
                   high = end == n ? 0 : tau;
      const double up = (sums[end] + high - sums[begin] - from) / length,
                   down = (sums[end] + low - sums[begin] - from) / length;
      if (down > least) {  // it must bend upwards where it touched the upper side
        end = least_at;
        side = 1;
        bends = true;
        break;
      }
      if (up < most) {
        end = most_at;
        side = -1;
        bends = true;
        break;
      }
      if (up <= least) {
        least = up;
        least_at = end;
      }
      if (down >= most) {
        most = down;
        most_at = end;
      }
    }
    if (!bends) {
      end = n;
      side = 0;
    }
    ends.push_back(end);
    sides.push_back(side);
    from = side * tau;
    begin = end;
  }
  const auto pieces = static_cast<Index>(ends.size());
  TautString s{Eigen::SparseMatrix<double>(pieces, n), Eigen::SparseMatrix<double>(n, pieces),
               Vector(pieces)};
  std::vector<Eigen::Triplet<double>> means, spread;
  double before = 0;
  Index begin = 0;
  for (Index k = 0; k < pieces; ++k) {
    const Index end = ends[static_cast<std::size_t>(k)];
    const double length = static_cast<double>(end - begin), side = sides[static_cast<std::size_t>(k)];
    for (Index i = begin; i < end; ++i) {
      means.emplace_back(k, i, 1 / length);
      spread.emplace_back(i, k, 1.0);
    }
    s.lift[k] = (side - before) / length;
    before = side;
    begin = end;
  }
  s.means.setFromTriplets(means.begin(), means.end());
  s.spread.setFromTriplets(spread.begin(), spread.end());
  return s;
}

Vector signs_of(const Vector& v, const Vector& support) {
  return support.cwiseProduct(v.array().sign().matrix());
}

Vector simplex_support(const Vector& v, double total) {
  if (!(total > 0) || std::isinf(total))
    throw DomainError(fmt::format("simplex: the total is {}, it must be positive and finite", total));
  if (v.size() == 0) throw ShapeError("simplex: x is empty");
  Vector sorted = v;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  // The threshold is the largest of the means over the k greatest entries, and the k that attain it are kept.
  double sum = 0, threshold = -std::numeric_limits<double>::infinity();
  for (Index k = 0; k < sorted.size(); ++k) {
    sum += sorted[k];
    threshold = std::max(threshold, (sum - total) / static_cast<double>(k + 1));
  }
  return (v.array() > threshold || v.array() == sorted[0]).cast<double>();
}

void check_matrix(Index rows, Index cols, Index n) {
  if (rows < 1 || cols < 1 || rows * cols != n)
    throw ShapeError(fmt::format("nuclear norm: x has {} entries, not {}x{}", n, rows, cols));
}

namespace {

struct Svd {
  Matrix u, v;
  Vector s, kept;  // max(s − τ, 0)
  Svd(const Matrix& x, double tau) {
    const Eigen::JacobiSVD<Matrix> svd(x, Eigen::ComputeThinU | Eigen::ComputeThinV);
    u = svd.matrixU();
    v = svd.matrixV();
    s = svd.singularValues();
    kept = (s.array() - tau).max(0.0);
  }
  /// The derivative along e, which is its own adjoint.
  Matrix along(const Matrix& e, double tau) const {
    if (tau == 0) return e;
    const Matrix w = u.transpose() * e * v;
    const auto quotient = [](double of, double by, double limit) { return by == 0 ? limit : of / by; };
    Matrix inner(w.rows(), w.cols());
    for (Index i = 0; i < w.rows(); ++i)
      for (Index j = 0; j < w.cols(); ++j)
        inner(i, j) = 0.5 * (quotient(kept[i] - kept[j], s[i] - s[j], s[i] > tau) * (w(i, j) + w(j, i)) +
                             quotient(kept[i] + kept[j], s[i] + s[j], 0) * (w(i, j) - w(j, i)));
    const Vector ratio = Vector::NullaryExpr(s.size(), [&](Index i) { return quotient(kept[i], s[i], 0); });
    const Matrix beside_u = e * v - u * w, beside_v = e.transpose() * u - v * w.transpose();
    return u * inner * v.transpose() + beside_u * ratio.asDiagonal() * v.transpose() +
           u * ratio.asDiagonal() * beside_v.transpose();
  }
  /// That along τ.
  Matrix along_tau() const {
    return -(u * (kept.array() > 0).cast<double>().matrix().asDiagonal() * v.transpose());
  }
};

}  // namespace

Matrix ShrunkSingularValues::value(const Matrix& x, double tau) {
  if (tau == 0 || !x.allFinite()) return x;  // (a NaN is passed on)
  const Svd svd(x, tau);
  return svd.u * svd.kept.asDiagonal() * svd.v.transpose();
}
Matrix ShrunkSingularValues::pushforward(const Matrix& x, double tau, const Matrix& x_dot, double tau_dot) {
  const Svd svd(x, tau);
  return svd.along(x_dot, tau) + tau_dot * svd.along_tau();
}
std::pair<Matrix, double> ShrunkSingularValues::pullback(const Matrix& x, double tau, const Matrix& y_bar) {
  const Svd svd(x, tau);
  return {svd.along(y_bar, tau), y_bar.cwiseProduct(svd.along_tau()).sum()};
}

}  // namespace unroll::detail

namespace unroll {

AffineSet::AffineSet(const Matrix& A, Vector b) : AffineSet(A, std::move(b), -1) {
  if (b_.size() != A.rows())
    throw ShapeError(fmt::format("affine set: A has {} rows, b {} entries", A.rows(), b_.size()));
}
AffineSet::AffineSet(const Matrix& A, Index parameter) : AffineSet(A, Vector(), parameter) {
  if (parameter < 0) throw DomainError(fmt::format("affine set: its b begins at theta[{}]", parameter));
}
void AffineSet::check_size(Index n) const {
  if (n != basis_.rows())
    throw ShapeError(fmt::format("affine set: A has {} columns, x {} entries", basis_.rows(), n));
}
AffineSet::AffineSet(const Matrix& A, Vector b, Index parameter) : b_(std::move(b)), parameter_(parameter) {
  const Index m = A.rows(), n = A.cols();
  // (D A)ᵀ P = Q R, with D A's rows in units of their own.
  Vector units(m);
  for (Index i = 0; i < m; ++i) {
    const double size = A.row(i).lpNorm<Eigen::Infinity>();
    units[i] = size > 0 ? 1 / size : 1;
  }
  if (m == 0) {
    basis_ = inverse_ = Matrix::Zero(n, 0);
    transposed_ = Matrix::Zero(0, n);
    return;
  }
  const Eigen::ColPivHouseholderQR<Matrix> qr((units.asDiagonal() * A).transpose());
  if (qr.rank() < m)
    throw NumericalError(fmt::format(
        "affine set: the {} rows of A depend on one another, their rank is {} to rounding; leave out those "
        "that follow from the others",
        m, qr.rank()));
  basis_ = qr.householderQ() * Matrix::Identity(n, m);
  transposed_ = basis_.transpose();
  const Matrix order = qr.colsPermutation();
  inverse_ = basis_ * qr.matrixR().topLeftCorner(m, m).triangularView<Eigen::Upper>().transpose().solve(
                          Matrix(order.transpose() * units.asDiagonal()));
}

}  // namespace unroll
