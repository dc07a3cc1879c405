#include "unroll/ad/sparse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <random>

#include "ad/adaptors.hpp"
#include "ad/bilinear.hpp"
#include "ad/factors.hpp"
#include "ad/instantiate.hpp"
#include "ad/solve_rule.hpp"
#include "ad/sparse_factor.hpp"

namespace unroll {

namespace ad {

namespace {

// f(k, i, j) for every entry k, which stands at (i, j) of the matrix that is meant.
template <class F>
void for_each_entry(const Sparse& pattern, Side side, const F& f) {
  for (Index j = 0; j < pattern.outerSize(); ++j)
    for (Index k = pattern.outerIndexPtr()[j]; k < pattern.outerIndexPtr()[j + 1]; ++k) {
      const Index i = pattern.innerIndexPtr()[k];
      if (side == Side::plain)
        f(k, i, j);
      else
        f(k, j, i);
    }
}

struct SparseProduct {
  const Sparse* pattern;
  Side side;
  Index rows, cols, columns;  // of A, and of X

  void value(Block y, const ConstBlock& entries, const ConstBlock& x, double alpha, Into into) const {
    multiply_matrix(y, rows, entries, x, cols, side, alpha, into);
  }
  void left(Block entries, const ConstBlock& y, const ConstBlock& x, double alpha, Into into) const {
    bilinear(entries, y, x, into, [&](Index o, Index i, Index j, Into how) {
      const ConstBlock ys(y.col(i).data(), rows, columns), xs(x.col(j).data(), cols, columns);
      for_each_entry(*pattern, side, [&](Index k, Index row, Index col) {
        put(entries(k, o), ys.row(row).dot(xs.row(col)), alpha, how);
      });
    });
  }
  void right(Block x, const ConstBlock& y, const ConstBlock& entries, double alpha, Into into) const {
    multiply_matrix(x, cols, entries, y, rows, other(side), alpha, into);
  }
  // out (+)= alpha · op(A) from.
  void multiply_matrix(Block out, Index out_rows, const ConstBlock& entries, const ConstBlock& from,
                       Index from_rows, Side how_read, double alpha, Into into) const {
    bilinear(out, entries, from, into, [&](Index o, Index i, Index j, Into how) {
      Block to(out.col(o).data(), out_rows, columns);
      const ConstBlock factor(from.col(j).data(), from_rows, columns);
      if (how == Into::assign) to.setZero();
      for_each_entry(*pattern, how_read, [&](Index k, Index row, Index col) {
        to.row(row) += (alpha * entries(k, i)) * factor.row(col);
      });
    });
  }
};

Sparse with_entries(const Sparse& pattern, const ConstBlock& entries) {
  Sparse a = pattern;
  std::copy_n(entries.data(), a.nonZeros(), a.valuePtr());
  return a;
}

// Of a symmetric matrix whose lower triangle is read.
class SymmetricSparseFactor {
 public:
  SymmetricSparseFactor(std::string_view name, std::shared_ptr<const Sparse> pattern, Side side,
                        const ConstBlock& entries)
      : pattern_(std::move(pattern)),
        side_(side),
        factors_(name, side == Side::plain ? with_entries(*pattern_, entries)
                                           : Sparse(with_entries(*pattern_, entries).transpose())),
        tangents_(entries.rightCols(entries.cols() - 1)) {}
  void solve_in_place(Block& x, Side side) const {
    if (x.size() > 0) factors_.solve_in_place(x, side);
  }
  bool has_tangents() const { return tangents_.cols() > 0; }
  void subtract_product(Block& out, Index j, Side, const Block& x) const {
    for_each_entry(*pattern_, side_, [&](Index k, Index row, Index col) {
      if (row >= col) out.row(row) -= tangents_(k, j) * x.row(col);
      if (row > col) out.row(col) -= tangents_(k, j) * x.row(row);
    });
  }
  void pull(Block a_bar, const ConstBlock& w, const ConstBlock& x, Into into) const {
    const Index n = pattern_->rows(), columns = n == 0 ? 0 : x.rows() / n;
    if (into == Into::assign) a_bar.setZero();
    bilinear(a_bar, w, x, Into::accumulate, [&](Index o, Index i, Index j, Into) {
      const ConstBlock ws(w.col(i).data(), n, columns), xs(x.col(j).data(), n, columns);
      for_each_entry(*pattern_, side_, [&](Index k, Index row, Index col) {
        if (row >= col) a_bar(k, o) -= ws.row(row).dot(xs.row(col));
        if (row > col) a_bar(k, o) -= ws.row(col).dot(xs.row(row));
      });
    });
  }

 private:
  std::shared_ptr<const Sparse> pattern_;
  Side side_;
  SparseCholesky factors_;
  Matrix tangents_;
};

Shape shape_of(const SparsePattern& pattern, Side side) {
  return Shape{pattern.rows(), pattern.cols()}.on(side);
}

std::vector<Index> grouped_columns(const Sparse& columns) {
  const Sparse rows = columns.transpose();
  std::vector<Index> group(static_cast<std::size_t>(columns.cols()), -1);
  std::vector<Index> met_by(group.size() + 1, -1);  // of a group, the last column that it cannot take
  for (Index j = 0; j < columns.cols(); ++j) {
    for (Sparse::InnerIterator entry(columns, j); entry; ++entry)
      for (Sparse::InnerIterator other(rows, entry.row()); other; ++other)
        if (const Index met = group[static_cast<std::size_t>(other.row())]; met >= 0)
          met_by[static_cast<std::size_t>(met)] = j;
    Index free = 0;
    while (met_by[static_cast<std::size_t>(free)] == j) ++free;
    group[static_cast<std::size_t>(j)] = free;
  }
  return group;
}

}  // namespace

template <class A, class B>
erased_result_t<A, B> sparse_product(const SparsePattern& pattern, Side side, const A& entries, const B& x) {
  const Shape a = shape_of(pattern, side);
  if (a.cols != x.rows())
    throw ShapeError(
        fmt::format("sparse product: A is {}x{}, X is {}x{}", a.rows, a.cols, x.rows(), x.cols()));
  if (TapeCore* const core = common_core("sparse product", entries, x); core != nullptr)
    core->keep(pattern.stored());
  const SparseProduct product{pattern.stored().get(), side, a.rows, a.cols, x.cols()};
  return evaluate_rule<Kind::array>(BilinearRule{product}, Shape{a.rows, x.cols()}, entries, x);
}
template <class A, class B>
erased_result_t<A, B> sparse_solution(const SparsePattern& pattern, Side side, const A& entries, const B& b) {
  constexpr auto name = "solve_cholesky: A";
  check_system(name, shape_of(pattern, side), b.rows());
  const auto factor =
      std::make_shared<const SymmetricSparseFactor>(name, pattern.stored(), side, block_of(entries));
  return solve_by(factor, pattern.rows(), entries, b);
}

#define UNROLL_PAIR(A, B)                                                                              \
  template erased_result_t<A, B> sparse_product<A, B>(const SparsePattern&, Side, const A&, const B&); \
  template erased_result_t<A, B> sparse_solution<A, B>(const SparsePattern&, Side, const A&, const B&);
UNROLL_FOR_ERASED_PAIRS(UNROLL_PAIR)
#undef UNROLL_PAIR

Vector uneven(Index n) {
  std::mt19937_64 random;  // the same numbers each time
  Vector v(n);
  for (double& entry : v) entry = 0.5 + std::ldexp(static_cast<double>(random() >> 11U), -53);
  return v;
}

}  // namespace ad

struct SparsePattern::Once {
  std::once_flag flag{};
  Groups groups{};
};

SparsePattern::SparsePattern(const Eigen::SparseMatrix<double>& matrix) : once_(std::make_shared<Once>()) {
  const auto stored = std::make_shared<ad::Sparse>(matrix);
  stored->makeCompressed();
  stored_ = stored;
}
Index SparsePattern::size() const { return stored_->nonZeros(); }

SparsePattern SparsePattern::band(Index n, Index below, Index above) {
  if (n < 1 || below < 0 || above < 0)
    throw ShapeError(
        fmt::format("SparsePattern::band: n = {}, {} diagonals below, {} above", n, below, above));
  const Index diagonals = 1 + std::min(below, n) + std::min(above, n);
  constexpr Index most = std::numeric_limits<int>::max();  // Eigen's sparse matrices count in int
  if (n > most / diagonals)
    throw ShapeError(
        fmt::format("SparsePattern::band: {} rows with {} diagonals have more entries than the 2^31 - 1 "
                    "that Eigen's sparse matrices count",
                    n, diagonals));
  ad::Sparse matrix(n, n);
  for (Index j = 0; j < n; ++j) {
    matrix.startVec(j);
    for (Index i = std::max<Index>(0, j - above); i <= std::min(n - 1, j + below); ++i)
      matrix.insertBack(i, j) = 1;
  }
  matrix.finalize();
  return SparsePattern(matrix);
}
const SparsePattern::Groups& SparsePattern::groups() const {
  std::call_once(once_->flag, [&] {
    std::vector<Index> group = ad::grouped_columns(*stored_);
    const Index count = group.empty() ? 0 : *std::max_element(group.begin(), group.end()) + 1;
    Matrix directions = Matrix::Zero(cols(), count + 1);
    for (Index j = 0; j < cols(); ++j) directions(j, group[static_cast<std::size_t>(j)]) = 1;
    directions.col(count) = ad::uneven(cols());
    once_->groups = {std::move(group), std::move(directions)};
  });
  return once_->groups;
}
std::vector<std::pair<Index, Index>> SparsePattern::positions() const {
  std::vector<std::pair<Index, Index>> all(static_cast<std::size_t>(size()));
  ad::for_each_entry(*stored_, ad::Side::plain, [&](Index k, Index row, Index col) {
    all[static_cast<std::size_t>(k)] = {row, col};
  });
  return all;
}
void SparsePattern::check_size(Index entries) const {
  if (entries != size())
    throw ShapeError(fmt::format("sparse matrix: {} entries for a pattern of {}", entries, size()));
}

}  // namespace unroll
