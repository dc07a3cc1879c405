#include "unroll/ad/linear.hpp"

#include <fmt/format.h>

namespace unroll::ad {

namespace {

// A matrix X of r rows, with its tangents, is for a product from the left one wide matrix.
template <class B>
B widened(B x, Index rows) {
  if (x.rows() == rows) return x;
  return {x.data(), rows, rows == 0 ? 0 : x.size() / rows};
}

struct ApplyConstant {
  static constexpr std::array<unsigned, 1> needed_for{0U};
  static constexpr bool reads_output = false;
  MatrixView matrix;
  void evaluate(const ConstBlock& x, Block y) const {
    apply_matrix(widened(y, matrix.shape().rows), matrix, widened(x, matrix.shape().cols), 1, Into::assign);
  }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    p.template add<0>([&](Block x_bar, Into into) {
      apply_matrix(widened(x_bar, matrix.shape().cols), matrix.transposed(),
                   widened(y_bar.block, matrix.shape().rows), y_bar.scale, into);
    });
  }
};

// Y = X B: column by column of the block, by the transposed problem Yᵀ = Bᵀ Xᵀ left to Eigen.
struct TimesConstant {
  static constexpr std::array<unsigned, 1> needed_for{0U};
  static constexpr bool reads_output = false;
  MatrixView matrix;
  std::uint32_t rows;  // of X

  static void product(Block y, const ConstBlock& x, std::uint32_t rows, const MatrixView& b, double alpha,
                      Into into) {
    using Strided = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;
    const Strided stored(b.data, b.rows, b.cols, Eigen::OuterStride<>(b.stride));
    for (Index j = 0; j < y.cols(); ++j) {
      const ConstBlock from(x.col(j).data(), rows, b.shape().rows);
      Block to(y.col(j).data(), rows, b.shape().cols);
      if (into == Into::assign) to.setZero();
      if (b.side == Side::plain)
        to.noalias() += alpha * from * stored;
      else
        to.noalias() += alpha * from * stored.transpose();
    }
  }
  void evaluate(const ConstBlock& x, Block y) const { product(y, x, rows, matrix, 1, Into::assign); }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    p.template add<0>([&](Block x_bar, Into into) {
      product(x_bar, y_bar.block, rows, matrix.transposed(), y_bar.scale, into);
    });
  }
};

struct MatrixProduct {
  static constexpr std::array<unsigned, 2> needed_for{2U, 1U};
  static constexpr bool reads_output = false;
  Shape a, b;
  void evaluate(const ConstBlock& left, const ConstBlock& right, Block y) const {
    matrix_product(y, left, a, Side::plain, right, b, Side::plain, 1, Into::assign);
  }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    const Shape y{a.rows, b.cols};
    p.template add<0>([&](Block a_bar, Into into) {
      matrix_product(a_bar, y_bar.block, y, Side::plain, p.template in<1>(), b, Side::transposed, y_bar.scale,
                     into);
    });
    p.template add<1>([&](Block b_bar, Into into) {
      matrix_product(b_bar, p.template in<0>(), a, Side::transposed, y_bar.block, y, Side::plain, y_bar.scale,
                     into);
    });
  }
};

struct Transposed {
  static constexpr std::array<unsigned, 1> needed_for{0U};
  static constexpr bool reads_output = false;
  Shape x;
  static void turn(Block to, const ConstBlock& from, Shape shape, double alpha, Into into) {
    for (Index j = 0; j < from.cols(); ++j) {
      const ConstBlock source(from.col(j).data(), shape.rows, shape.cols);
      Block target(to.col(j).data(), shape.cols, shape.rows);
      if (into == Into::assign)
        target = alpha * source.transpose();
      else
        target += alpha * source.transpose();
    }
  }
  void evaluate(const ConstBlock& from, Block y) const { turn(y, from, x, 1, Into::assign); }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    p.template add<0>([&](Block x_bar, Into into) {
      turn(x_bar, y_bar.block, {x.cols, x.rows}, y_bar.scale, into);
    });
  }
};

struct ApplySparse {
  static constexpr std::array<unsigned, 1> needed_for{0U};
  static constexpr bool reads_output = false;
  const Eigen::SparseMatrix<double>* matrix;
  Side side;
  Shape shape() const {
    return side == Side::plain ? Shape{matrix->rows(), matrix->cols()}
                               : Shape{matrix->cols(), matrix->rows()};
  }
  void product(Block y, const ConstBlock& x, bool forward, double alpha, Into into) const {
    if (into == Into::assign) y.setZero();
    if (x.size() == 0 || y.size() == 0) return;
    if ((side == Side::plain) == forward)
      y.noalias() += alpha * (*matrix * x);
    else
      y.noalias() += alpha * (matrix->transpose() * x);
  }
  void evaluate(const ConstBlock& x, Block y) const {
    product(widened(y, shape().rows), widened(x, shape().cols), true, 1, Into::assign);
  }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    p.template add<0>([&](Block x_bar, Into into) {
      product(widened(x_bar, shape().cols), widened(y_bar.block, shape().rows), false, y_bar.scale, into);
    });
  }
};

struct ApplyOperator {
  static constexpr std::array<unsigned, 1> needed_for{0U};
  static constexpr bool reads_output = false;
  const LinearOperator* op;
  Side side;
  Shape shape() const { return side == Side::plain ? Shape{op->rows, op->cols} : Shape{op->cols, op->rows}; }
  void product(Block y, const ConstBlock& x, bool forward, double alpha, Into into) const {
    const bool plain = (side == Side::plain) == forward;
    const auto& f = plain ? op->apply : op->apply_transpose;
    if (!f)
      throw UnsupportedError(fmt::format("linear operator {}x{}: has no {}", op->rows, op->cols,
                                         plain ? "apply" : "apply_transpose"));
    if (x.size() == 0 || y.size() == 0) {
      if (into == Into::assign) y.setZero();
      return;
    }
    for (Index j = 0; j < x.cols(); ++j) {
      const Vector image = f(x.col(j));
      if (image.size() != y.rows())
        throw ShapeError(fmt::format("linear operator {}x{}: {} of {} entries gave {}", op->rows, op->cols,
                                     plain ? "apply" : "apply_transpose", x.rows(), image.size()));
      if (into == Into::assign)
        y.col(j) = alpha * image;
      else
        y.col(j) += alpha * image;
    }
  }
  void evaluate(const ConstBlock& x, Block y) const {
    product(widened(y, shape().rows), widened(x, shape().cols), true, 1, Into::assign);
  }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock y_bar = p.adjoint();
    p.template add<0>([&](Block x_bar, Into into) {
      product(widened(x_bar, shape().cols), widened(y_bar.block, shape().rows), false, y_bar.scale, into);
    });
  }
};

template <class A>
constexpr bool is_vector = !is_matrix<A> && !std::is_same_v<A, Matrix>;

// The shape of A X. @throws ShapeError
template <class A>
Shape product_shape(const char* operation, Shape a, const A& x) {
  if (a.cols != x.rows()) {
    throw ShapeError(
        is_vector<A>
            ? fmt::format("{}: A is {}x{}, x has {} entries", operation, a.rows, a.cols, x.rows())
            : fmt::format("{}: A is {}x{}, X is {}x{}", operation, a.rows, a.cols, x.rows(), x.cols()));
  }
  return {a.rows, x.cols()};
}

}  // namespace

template <class A>
A apply_constant(const MatrixView& matrix, const A& x) {
  const Shape shape = product_shape(is_vector<A> ? "matvec" : "matmul", matrix.shape(), x);
  return evaluate_array<A>(ApplyConstant{matrix}, shape, x);
}
template <class M, class Result>
Result times_constant(const M& x, const MatrixView& matrix) {
  if (x.cols() != matrix.shape().rows)
    throw ShapeError(fmt::format("matmul: X is {}x{}, B is {}x{}", x.rows(), x.cols(), matrix.shape().rows,
                                 matrix.shape().cols));
  return evaluate_array<Result>(TimesConstant{matrix, static_cast<std::uint32_t>(x.rows())},
                                Shape{x.rows(), matrix.shape().cols}, x);
}
template <class M, class A>
A product_of(const M& a, const A& x) {
  const Shape shape = product_shape(is_vector<A> ? "matvec" : "matmul", a.shape(), x);
  return evaluate_array<A>(MatrixProduct{a.shape(), x.shape()}, shape, a, x);
}
template <class M>
M transposed(const M& x) {
  return evaluate_array<M>(Transposed{x.shape()}, Shape{x.cols(), x.rows()}, x);
}
template <class A>
A apply_sparse(const Eigen::SparseMatrix<double>& matrix, Side side, const A& x) {
  const ApplySparse rule{&matrix, side};
  return evaluate_array<A>(rule, product_shape("sparse matvec", rule.shape(), x), x);
}
template <class A>
A apply_operator(const LinearOperator& op, Side side, const A& x) {
  const ApplyOperator rule{&op, side};
  return evaluate_array<A>(rule, product_shape("linear operator", rule.shape(), x), x);
}

#define UNROLL_LINEAR(V)                                                          \
  template V apply_constant<V>(const MatrixView&, const V&);                      \
  template V apply_sparse<V>(const Eigen::SparseMatrix<double>&, Side, const V&); \
  template V apply_operator<V>(const LinearOperator&, Side, const V&);
UNROLL_LINEAR(VarVector)
UNROLL_LINEAR(VarMatrix)
UNROLL_LINEAR(DualVector)
UNROLL_LINEAR(DualMatrix)
#undef UNROLL_LINEAR
template Vector apply_operator<Vector>(const LinearOperator&, Side, const Vector&);
template Matrix apply_operator<Matrix>(const LinearOperator&, Side, const Matrix&);

#define UNROLL_MATRIX(M, V)                                     \
  template V times_constant<M, V>(const M&, const MatrixView&); \
  template M times_constant<M, M>(const M&, const MatrixView&); \
  template V product_of<M, V>(const M&, const V&);              \
  template M product_of<M, M>(const M&, const M&);              \
  template M transposed<M>(const M&);
UNROLL_MATRIX(VarMatrix, VarVector)
UNROLL_MATRIX(DualMatrix, DualVector)
#undef UNROLL_MATRIX

}  // namespace unroll::ad
