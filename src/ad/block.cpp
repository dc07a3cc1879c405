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

// The product rule over columns: `term(o, i, j, into)` puts the product of column i of a and column j of b into column o.
template <class Term>
void bilinear(Block& out, const ConstBlock& a, const ConstBlock& b, Into into, const Term& term) {
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
void matrix_product_column(double* out_data, const double* a_data, Shape a, Side a_side, const double* b_data, Shape b,
                           Side b_side, double alpha, Into into) {
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

void matrix_product(Block out, const ConstBlock& a, Shape a_shape, Side a_side, const ConstBlock& b, Shape b_shape,
                    Side b_side, double alpha, Into into) {
  bilinear(out, a, b, into, [&](Index o, Index i, Index j, Into how) {
    matrix_product_column(out.col(o).data(), a.col(i).data(), a_shape, a_side, b.col(j).data(), b_shape, b_side, alpha,
                          how);
  });
}

void apply_matrix(Block out, const MatrixView& A, const ConstBlock& x, double alpha, Into into) {
  using Strided = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;
  const Strided stored(A.data, A.rows, A.cols, Eigen::OuterStride<>(A.stride));
  if (x.cols() == 1) {
    Eigen::Map<Vector> out_vector(out.data(), out.rows());
    const Eigen::Map<const Vector> x_vector(x.data(), x.rows());
    if (into == Into::assign) out_vector.setZero();
    if (A.side == Side::plain)
      out_vector.noalias() += alpha * stored * x_vector;
    else
      out_vector.noalias() += alpha * stored.transpose() * x_vector;
  } else if (A.side == Side::plain) {
    product_into(out, stored, x, alpha, into);
  } else {
    product_into(out, stored.transpose(), x, alpha, into);
  }
}

}  // namespace unroll::ad
