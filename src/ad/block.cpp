#include "unroll/ad/block.hpp"

namespace unroll::ad {

namespace {

template <class Expression>
void put(Block::ColXpr out, const Expression& value, Into into) {
  if (into == Into::assign)
    out = value;
  else
    out += value;
}

// The product rule over columns: `term(o, i, j, into)` puts the product of column i of a and column j of b
// into column o.
template <class Term>
void bilinear(Block& out, const ConstBlock& a, const ConstBlock& b, Into into, const Term& term) {
  if (out.cols() == 0) return;
  term(0, 0, 0, into);
  for (Index j = 1; j < out.cols(); ++j) {
    const bool a_varies = j < a.cols();
    const bool b_varies = j < b.cols();
    if (b_varies) term(j, 0, j, into);
    if (a_varies) term(j, j, 0, b_varies ? Into::accumulate : into);
    if (!a_varies && !b_varies && into == Into::assign) out.col(j).setZero();
  }
}

}  // namespace

void multiply(Block out, const ConstBlock& a, const ConstBlock& b, double alpha, Into into) {
  if (alpha == 1)
    bilinear(out, a, b, into, [&](Index o, Index i, Index j, Into how) {
      put(out.col(o), a.col(i).cwiseProduct(b.col(j)), how);
    });
  else
    bilinear(out, a, b, into, [&](Index o, Index i, Index j, Into how) {
      put(out.col(o), alpha * a.col(i).cwiseProduct(b.col(j)), how);
    });
}

void scale(Block out, const ConstBlock& s, const ConstBlock& x, double alpha, Into into) {
  bilinear(out, s, x, into,
           [&](Index o, Index i, Index j, Into how) { put(out.col(o), (alpha * s(0, i)) * x.col(j), how); });
}

void add(Block out, const ConstBlock& x, double alpha, Into into) {
  const Index columns = std::min(out.cols(), x.cols());
  if (into == Into::assign) {
    if (alpha == 1)
      out.leftCols(columns) = x.leftCols(columns);
    else
      out.leftCols(columns) = alpha * x.leftCols(columns);
    if (columns < out.cols()) out.rightCols(out.cols() - columns).setZero();
  } else if (alpha == 1) {
    out.leftCols(columns) += x.leftCols(columns);
  } else {
    out.leftCols(columns) += alpha * x.leftCols(columns);
  }
}

void dot(Block out, const ConstBlock& a, const ConstBlock& b, double alpha, Into into) {
  if (into == Into::assign) out.setZero();
  bilinear(out, a, b, Into::accumulate,
           [&](Index o, Index i, Index j, Into) { out(0, o) += alpha * a.col(i).dot(b.col(j)); });
}

void sum(Block out, const ConstBlock& x, double alpha, Into into) {
  if (into == Into::assign) out.setZero();
  for (Index j = 0; j < std::min(x.cols(), out.cols()); ++j) out(0, j) += alpha * x.col(j).sum();
}

namespace {

template <class A, class B>
void product_into(Block& out, const A& a, const B& b, double alpha, Into into) {
  if (into == Into::assign)
    out.noalias() = alpha * a * b;
  else
    out.noalias() += alpha * a * b;
}

// op(A) op(B) for one pair of columns.
void matrix_product_column(double* out_data, const double* a_data, Shape a, Side a_side, const double* b_data,
                           Shape b, Side b_side, double alpha, Into into) {
  const ConstBlock left(a_data, a.rows, a.cols);
  const ConstBlock right(b_data, b.rows, b.cols);
  Block out(out_data, a_side == Side::plain ? a.rows : a.cols, b_side == Side::plain ? b.cols : b.rows);
  if (a_side == Side::plain && b_side == Side::plain)
    product_into(out, left, right, alpha, into);
  else if (a_side == Side::plain)
    product_into(out, left, right.transpose(), alpha, into);
  else if (b_side == Side::plain)
    product_into(out, left.transpose(), right, alpha, into);
  else
    product_into(out, left.transpose(), right.transpose(), alpha, into);
}

}  // namespace

void matrix_product(Block out, const ConstBlock& a, Shape a_shape, Side a_side, const ConstBlock& b,
                    Shape b_shape, Side b_side, double alpha, Into into) {
  bilinear(out, a, b, into, [&](Index o, Index i, Index j, Into how) {
    matrix_product_column(out.col(o).data(), a.col(i).data(), a_shape, a_side, b.col(j).data(), b_shape,
                          b_side, alpha, how);
  });
}

namespace {

using Stored = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;

template <class Out, class X>
void apply_to_vector(Out&& out, const Stored& a, Side side, const X& x, double alpha) {
  if (side == Side::plain)
    out.noalias() += alpha * a * x;
  else
    out.noalias() += alpha * a.transpose() * x;
}

// A few columns: too few for a packed matrix product. Columns of A go by in blocks that stay in the second
// cache, so that A itself, which bounds the time, is read once for all of them.
void apply_to_few(Block& out, const Stored& a, Side side, const ConstBlock& x, double alpha) {
  constexpr Index block_entries = Index{1} << 14;
  const Index width = std::max<Index>(4, block_entries / std::max<Index>(1, a.rows()));
  for (Index first = 0; first < a.cols(); first += width) {
    const Index count = std::min(width, a.cols() - first);
    const Stored block(a.data() + first * a.outerStride(), a.rows(), count,
                       Eigen::OuterStride<>(a.outerStride()));
    for (Index j = 0; j < x.cols(); ++j) {
      if (side == Side::plain)
        apply_to_vector(out.col(j), block, side, x.col(j).segment(first, count), alpha);
      else
        apply_to_vector(out.col(j).segment(first, count), block, side, x.col(j), alpha);
    }
  }
}

}  // namespace

void apply_matrix(Block out, const MatrixView& A, const ConstBlock& x, double alpha, Into into) {
  constexpr Index few = 4;                 // columns
  constexpr Index tiny = 64;               // entries: a product without the set-up of a kernel
  if (out.size() == 0 || x.size() == 0) {  // an empty dimension
    if (into == Into::assign) out.setZero();
    return;
  }
  const Stored stored(A.data, A.rows, A.cols, Eigen::OuterStride<>(A.stride));
  if (x.cols() > few) {
    if (A.side == Side::plain)
      product_into(out, stored, x, alpha, into);
    else
      product_into(out, stored.transpose(), x, alpha, into);
    return;
  }
  if (into == Into::assign) out.setZero();
  if (stored.size() <= tiny) {
    for (Index j = 0; j < x.cols(); ++j) {
      if (A.side == Side::plain)
        out.col(j) += alpha * stored.lazyProduct(x.col(j));
      else
        out.col(j) += alpha * stored.transpose().lazyProduct(x.col(j));
    }
  } else if (x.cols() == 1) {
    apply_to_vector(out.col(0), stored, A.side, x.col(0), alpha);
  } else {
    apply_to_few(out, stored, A.side, x, alpha);
  }
}

}  // namespace unroll::ad
