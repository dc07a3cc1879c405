#include <cmath>
#include <limits>
#include <vector>

#include "ad/check_rule.hpp"
#include "support/worst.hpp"

/// Products of a constant matrix with columns: kernels for every remainder of rows and columns by packets.
namespace unroll::constant_products {

using ad::Block;
using ad::ConstBlock;
using ad::Into;
using ad::MatrixView;
using ad::Side;

namespace {

/// out (+)= alpha op(A) X, sum by sum.
Matrix by_hand(const Matrix& before, const Matrix& a, Side side, const Matrix& x, double alpha, Into into) {
  Matrix out = before;
  for (Index i = 0; i < out.rows(); ++i)
    for (Index j = 0; j < out.cols(); ++j) {
      long double sum = 0;
      for (Index c = 0; c < x.rows(); ++c)
        sum += static_cast<long double>(side == Side::plain ? a(i, c) : a(c, i)) * x(c, j);
      const long double start = into == Into::assign ? 0.0L : before(i, j);
      out(i, j) = static_cast<double>(start + alpha * sum);
    }
  return out;
}

/// The stored matrix is part of a larger one, of which nothing else must be used. (Eigen's own memory begins
/// before its numbers: there a sanitizer would not see what is read in front of them.)
struct Stored {
  Index rows, cols, stride;
  std::vector<double> entries;

  Stored(Index m, Index n, Index margin)
      : rows(m),
        cols(n),
        stride(m + margin),
        entries(static_cast<std::size_t>(stride * (n - 1) + m), std::numeric_limits<double>::quiet_NaN()) {
    const Matrix numbers = test::matrix_point(m, n, 1);
    for (Index j = 0; j < n; ++j)
      for (Index i = 0; i < m; ++i) at(i, j) = numbers(i, j);
  }
  double& at(Index i, Index j) { return entries[static_cast<std::size_t>(i + stride * j)]; }
  Matrix matrix() const {
    return Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>(entries.data(), rows, cols,
                                                             Eigen::OuterStride<>(stride));
  }
  MatrixView view(Side side) const {
    return {entries.data(), static_cast<std::uint32_t>(rows), static_cast<std::uint32_t>(cols),
            static_cast<std::uint32_t>(stride), side};
  }
};

Matrix product(const Stored& a, Side side, const Matrix& x, double alpha, Into into, const Matrix& before) {
  const std::vector<double> factors(x.data(), x.data() + x.size());
  std::vector<double> out(before.data(), before.data() + before.size());
  ad::apply_matrix(Block(out.data(), before.rows(), before.cols()), a.view(side),
                   ConstBlock(factors.data(), x.rows(), x.cols()), alpha, into);
  return Eigen::Map<const Matrix>(out.data(), before.rows(), before.cols());
}

}  // namespace

TEST_CASE("products with a constant matrix agree with sums, whatever the shape") {
  for (const Index m : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 31, 40})
    for (const Index n : {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 23})
      for (const Side side : {Side::plain, Side::transposed}) {
        const Stored a(m, n, m % 3);
        const Index rows = side == Side::plain ? m : n, inner = side == Side::plain ? n : m;
        for (Index k = 1; k <= 5; ++k) {
          const Matrix x = test::matrix_point(inner, k, 7), before = test::matrix_point(rows, k, 8);
          for (const Into into : {Into::assign, Into::accumulate})
            for (const double alpha : {1.0, -0.375}) {
              CAPTURE(m);
              CAPTURE(n);
              CAPTURE(k);
              const Matrix wanted = by_hand(before, a.matrix(), side, x, alpha, into);
              const double size = std::sqrt(static_cast<double>(inner)) * a.matrix().norm();
              REQUIRE(test::largest((product(a, side, x, alpha, into, before) - wanted).array().abs()) <=
                      1e-15 * (size + test::largest(wanted.array().abs())));
            }
        }
      }
}

TEST_CASE("an infinite entry of the matrix, or of the factor, reaches what it is part of and nothing else") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  for (const Index m : {7, 9, 12, 15, 19})
    for (const Side side : {Side::plain, Side::transposed})
      for (Index k = 1; k <= 4; ++k)
        for (Index at = 0; at < m; ++at) {
          Stored a(m, 10, 0);
          for (double& entry : a.entries) entry = std::abs(entry);
          const Index rows = side == Side::plain ? m : 10, inner = side == Side::plain ? 10 : m;
          Matrix x = test::matrix_point(inner, k, 3).cwiseAbs();
          const Matrix finite = product(a, side, x, 1, Into::assign, Matrix::Zero(rows, k));
          const auto same_but_infinite = [&](const Matrix& y, auto is_infinite) {
            for (Index j = 0; j < k; ++j)
              for (Index i = 0; i < rows; ++i) REQUIRE(y(i, j) == (is_infinite(i, j) ? inf : finite(i, j)));
          };
          x(at % inner, k - 1) = inf;
          same_but_infinite(product(a, side, x, 1, Into::assign, Matrix::Zero(rows, k)),
                            [&](Index, Index j) { return j == k - 1; });
          x(at % inner, k - 1) = test::matrix_point(inner, k, 3).cwiseAbs()(at % inner, k - 1);
          a.at(at, 3) = inf;
          same_but_infinite(product(a, side, x, 1, Into::assign, Matrix::Zero(rows, k)),
                            [&](Index i, Index) { return i == (side == Side::plain ? at : 3); });
        }
}

namespace {

struct Layers {
  Matrix a, b;
  Eigen::SparseMatrix<double> s = b.sparseView(0.5, 1);

  template <class V>
  auto operator()(const V& x) const {
    const V first = a * x, second = s * x;
    return squared_norm(first) + dot(x, V(b * x)) + sum(tanh(second + 2.0 * first)) +
           sum(square(segment(x, 1, 3))) + dot(x, x) * first[0];
  }
};

}  // namespace

TEST_CASE("a sweep for tangents alone gives the same ones") {
  const Layers f{test::matrix_point(6, 6, 1), test::matrix_point(6, 6, 2)};
  for (const Index k : {1, 2, 4}) {
    Tape tape(k);
    const VarVector x = tape.input(test::point(6), test::matrix_point(6, k, 4));
    const Var y = f(x);
    const Matrix all = tape.sweep(y).adjoint(x), tangents = tape.sweep_for_tangents(y).adjoint(x);
    CHECK((all - tangents).rightCols(k).norm() <= 1e-14 * all.norm());
    CHECK(tangents.allFinite());
    CHECK(all.rightCols(k).norm() > 0);
  }
}

}  // namespace unroll::constant_products
