#include "unroll/ad/linear.hpp"

#include <fmt/format.h>

#include "ad/adaptors.hpp"
#include "ad/instantiate.hpp"

namespace unroll::ad {

namespace {

// A matrix X of r rows, with its tangents, is for a product from the left one wide matrix.
template <class B>
B widened(B x, Index rows) {
  if (x.rows() == rows) return x;
  return {x.data(), rows, rows == 0 ? 0 : x.size() / rows};
}

struct ApplyConstant {
  MatrixView matrix;
  void forward(Block y, const ConstBlock& x, double alpha, Into into) const {
    apply_matrix(widened(y, matrix.shape().rows), matrix, widened(x, matrix.shape().cols), alpha, into);
  }
  void transposed(Block x, const ConstBlock& y, double alpha, Into into) const {
    ApplyConstant{matrix.transposed()}.forward(x, y, alpha, into);
  }
};

// Y = X B, with X of `rows` rows: column by column of the block.
struct TimesConstant {
  MatrixView matrix;
  std::uint32_t rows;

  void forward(Block y, const ConstBlock& x, double alpha, Into into) const {
    using Strided = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;
    const Strided stored(matrix.data, matrix.rows, matrix.cols, Eigen::OuterStride<>(matrix.stride));
    for (Index j = 0; j < y.cols(); ++j) {
      const ConstBlock from(x.col(j).data(), rows, matrix.shape().rows);
      Block to(y.col(j).data(), rows, matrix.shape().cols);
      if (into == Into::assign) to.setZero();
      on_side(stored, matrix.side, [&](const auto& b) { to.noalias() += alpha * from * b; });
    }
  }
  void transposed(Block x, const ConstBlock& y, double alpha, Into into) const {
    TimesConstant{matrix.transposed(), rows}.forward(x, y, alpha, into);
  }
};

struct MatrixProduct {
  Shape a, b;
  void value(Block y, const ConstBlock& left_factor, const ConstBlock& right_factor, double alpha,
             Into into) const {
    matrix_product(y, left_factor, a, Side::plain, right_factor, b, Side::plain, alpha, into);
  }
  void left(Block bar, const ConstBlock& y, const ConstBlock& right_factor, double alpha, Into into) const {
    matrix_product(bar, y, {a.rows, b.cols}, Side::plain, right_factor, b, Side::transposed, alpha, into);
  }
  void right(Block bar, const ConstBlock& y, const ConstBlock& left_factor, double alpha, Into into) const {
    matrix_product(bar, left_factor, a, Side::transposed, y, {a.rows, b.cols}, Side::plain, alpha, into);
  }
};

struct Transposed {
  Shape x;
  void forward(Block y, const ConstBlock& from, double alpha, Into into) const {
    for (Index j = 0; j < from.cols(); ++j)
      put(Block(y.col(j).data(), x.cols, x.rows), ConstBlock(from.col(j).data(), x.rows, x.cols).transpose(),
          alpha, into);
  }
  void transposed(Block bar, const ConstBlock& y, double alpha, Into into) const {
    Transposed{{x.cols, x.rows}}.forward(bar, y, alpha, into);
  }
};

struct ApplySparse {
  const Eigen::SparseMatrix<double>* matrix;
  Side side;
  Shape shape() const { return Shape{matrix->rows(), matrix->cols()}.on(side); }
  void forward(Block to, const ConstBlock& from, double alpha, Into into) const {
    Block y = widened(to, shape().rows);
    const ConstBlock x = widened(from, shape().cols);
    if (into == Into::assign) y.setZero();
    if (x.size() == 0 || y.size() == 0) return;
    on_side(*matrix, side, [&](const auto& a) { y.noalias() += alpha * (a * x); });
  }
  void transposed(Block x, const ConstBlock& y, double alpha, Into into) const {
    ApplySparse{matrix, other(side)}.forward(x, y, alpha, into);
  }
};

struct ApplyOperator {
  const LinearOperator* op;
  Side side;
  Shape shape() const { return Shape{op->rows, op->cols}.on(side); }
  void forward(Block to, const ConstBlock& from, double alpha, Into into) const {
    Block y = widened(to, shape().rows);
    const ConstBlock x = widened(from, shape().cols);
    const bool plain = side == Side::plain;
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
      put(y.col(j), image, alpha, into);
    }
  }
  void transposed(Block x, const ConstBlock& y, double alpha, Into into) const {
    ApplyOperator{op, other(side)}.forward(x, y, alpha, into);
  }
};

// The shape of A X. @throws ShapeError
Shape product_shape(const char* operation, Shape a, Shape x) {
  if (a.cols != x.rows)
    throw ShapeError(
        x.cols == 1 ? fmt::format("{}: A is {}x{}, x has {} entries", operation, a.rows, a.cols, x.rows)
                    : fmt::format("{}: A is {}x{}, X is {}x{}", operation, a.rows, a.cols, x.rows, x.cols));
  return {a.rows, x.cols};
}
const char* name_of_product(Shape x) { return x.cols == 1 ? "matvec" : "matmul"; }

}  // namespace

const Sparse& held(TapeCore* core, const Sparse& matrix) {
  if (core == nullptr || core->owns(matrix, static_cast<std::size_t>(matrix.nonZeros()))) return matrix;
  const auto same = [&](const Sparse& other) {
    const auto equal = [](const auto* a, const auto* b, Index count) { return std::equal(a, a + count, b); };
    return other.rows() == matrix.rows() && other.cols() == matrix.cols() && matrix.isCompressed() &&
           other.nonZeros() == matrix.nonZeros() &&
           equal(matrix.outerIndexPtr(), other.outerIndexPtr(), matrix.outerSize() + 1) &&
           equal(matrix.innerIndexPtr(), other.innerIndexPtr(), matrix.nonZeros()) &&
           equal(matrix.valuePtr(), other.valuePtr(), matrix.nonZeros());
  };
  for (const auto& known : core->sparse_constants)
    if (same(*known)) return *known;
  auto copy = std::make_shared<Sparse>(matrix);
  copy->makeCompressed();
  core->keep(copy);
  constexpr std::size_t remembered = 8;
  if (core->sparse_constants.size() < remembered) core->sparse_constants.push_back(copy);
  return *copy;
}
const LinearOperator& held(TapeCore* core, const LinearOperator& op) {
  if (core == nullptr || core->owner_of(&op) != nullptr) return op;
  const auto copy = std::make_shared<const LinearOperator>(op);
  core->keep(copy);
  return *copy;
}

template <class E>
E apply_constant(const MatrixView& matrix, const E& x) {
  const Shape shape = product_shape(name_of_product(x.shape()), matrix.shape(), x.shape());
  return evaluate_rule<Kind::array>(LinearRule{ApplyConstant{matrix}}, shape, x);
}
template <class E>
E times_constant(const E& x, const MatrixView& matrix) {
  const Shape b = matrix.shape();
  if (x.cols() != b.rows)
    throw ShapeError(fmt::format("matmul: X is {}x{}, B is {}x{}", x.rows(), x.cols(), b.rows, b.cols));
  return evaluate_rule<Kind::array>(LinearRule{TimesConstant{matrix, static_cast<std::uint32_t>(x.rows())}},
                                    Shape{x.rows(), b.cols}, x);
}
template <class E>
E product_of(const E& a, const E& x) {
  const Shape shape = product_shape(name_of_product(x.shape()), a.shape(), x.shape());
  return evaluate_rule<Kind::array>(BilinearRule{MatrixProduct{a.shape(), x.shape()}}, shape, a, x);
}
template <class E>
E transposed(const E& x) {
  return evaluate_rule<Kind::array>(LinearRule{Transposed{x.shape()}}, Shape{x.cols(), x.rows()}, x);
}
template <class E>
E apply_sparse(const Sparse& matrix, Side side, const E& x) {
  const ApplySparse rule{&matrix, side};
  return evaluate_rule<Kind::array>(LinearRule{rule}, product_shape("sparse matvec", rule.shape(), x.shape()),
                                    x);
}
template <class E>
erased_result_t<E> apply_operator(const LinearOperator& op, Side side, const E& x) {
  if (op.rows < 0 || op.cols < 0)
    throw ShapeError(fmt::format("linear operator: has {} rows and {} columns", op.rows, op.cols));
  const ApplyOperator rule{&op, side};
  const Shape shape = product_shape("linear operator", rule.shape(), shape_of(x));
  return evaluate_rule<Kind::array>(LinearRule{rule}, shape, x);
}

#define UNROLL_WORLD(E)                                      \
  template E apply_constant<E>(const MatrixView&, const E&); \
  template E times_constant<E>(const E&, const MatrixView&); \
  template E product_of<E>(const E&, const E&);              \
  template E transposed<E>(const E&);                        \
  template E apply_sparse<E>(const Sparse&, Side, const E&);
UNROLL_WORLD(VarArray)
UNROLL_WORLD(DualArray)
#undef UNROLL_WORLD
#define UNROLL_OPERATOR(E) \
  template erased_result_t<E> apply_operator<E>(const LinearOperator&, Side, const E&);
UNROLL_FOR_ERASED(UNROLL_OPERATOR)
#undef UNROLL_OPERATOR

}  // namespace unroll::ad

unroll::Matrix unroll::transpose(const Matrix& x) { return x.transpose(); }
