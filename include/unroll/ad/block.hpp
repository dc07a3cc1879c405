#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "unroll/types.hpp"

namespace unroll::ad {

/// An array of `size` entries with everything that travels beside it, one column each. As a value: column 0
/// is the primal, columns 1…k its k tangents. As an adjoint: one column per seed; on a tape that carries
/// tangents, column 0 is the adjoint and columns 1…k are its tangents. Matrices lie flattened, column-major;
/// scalars are 1×(1+k).
///
/// On a tape with a further direction w (see Tape::along) a block has 2h columns, h = 1 + k = `half`: the
/// first h as said, then their derivatives along w. Column h + j > h is a mixed second derivative, which a
/// product makes of columns j and h of its factors, too. half = 0: there is none.
/// @{
template <class M>
class BlockOf : public Eigen::Map<M> {
 public:
  using Data = std::conditional_t<std::is_const_v<M>, const double*, double*>;
  BlockOf(Data data, Index rows, Index cols, Index half = 0) : Eigen::Map<M>(data, rows, cols), half_(half) {}
  // Part by part: a copy that moves two of them as one would wait for the stores of a block just made.
  BlockOf(const BlockOf& o) : BlockOf(const_cast<Data>(o.data()), o.rows(), o.cols(), o.half()) {}
  template <class N>
  requires std::is_same_v<const N, M> BlockOf(const BlockOf<N>& o)  // NOLINT: implicit
      : BlockOf(o.data(), o.rows(), o.cols(), o.half()) {}
  using Eigen::Map<M>::operator=;
  BlockOf& operator=(const BlockOf& o) {  // of the entries
    Eigen::Map<M>::operator=(o);
    return *this;
  }
  Index half() const { return half_; }
  /// The columns from `first` on.
  BlockOf from(Index first) const {
    return {const_cast<Data>(this->data()) + first * this->rows(), this->rows(), this->cols() - first, half_};
  }

 private:
  Index half_;
};
using Block = BlockOf<Matrix>;
using ConstBlock = BlockOf<const Matrix>;
/// @}

/// Whether a column is one of mixed derivatives.
inline bool is_mixed(Index column, Index half) { return half > 0 && column > half; }
/// Of blocks that meet, some of which may be a rule's own.
template <class... B>
Index half_of(const B&... blocks) {
  return std::max({blocks.half()...});
}

/// An adjoint as the sweep hands it on: scale × block, so that a scaled copy costs nothing until somebody
/// adds to it.
struct ScaledBlock {
  ConstBlock block;
  double scale;
};

enum class Side : bool { plain, transposed };
constexpr Side other(Side side) { return side == Side::plain ? Side::transposed : Side::plain; }
/// f(m), or f(mᵀ).
template <class M, class F>
void on_side(M&& m, Side side, const F& f) {
  if (side == Side::plain)
    f(m);
  else
    f(m.transpose());
}

struct Shape {
  Index rows = 0;
  Index cols = 1;
  Index size() const { return rows * cols; }
  Shape on(Side side) const { return side == Side::plain ? *this : Shape{cols, rows}; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// The shape that operands agree on. @throws ShapeError naming the operation and both shapes.
Shape same_shape(const char* operation, Shape a, Shape b);

/// A shape in one word, as handles carry it.
class Extent {
 public:
  Extent() = default;
  /// @throws ShapeError from 2^32 entries, rows or columns.
  Extent(Shape shape)  // NOLINT: implicit
      : packed_(static_cast<std::uint64_t>(shape.rows) << 32 | static_cast<std::uint64_t>(shape.cols)) {
    if (((shape.rows | shape.cols | shape.size()) >> 32) != 0) [[unlikely]]
      throw_too_large(shape);
  }
  Index rows() const { return static_cast<Index>(packed_ >> 32); }
  Index cols() const { return static_cast<Index>(packed_ & 0xffff'ffffU); }
  Shape shape() const { return {rows(), cols()}; }
  friend bool operator==(const Extent&, const Extent&) = default;
  [[noreturn]] static void throw_too_large(Shape shape);

 private:
  std::uint64_t packed_ = 1;
};

/// Whether a kernel adds to its output or writes it (the first contribution to an adjoint assigns).
enum class Into : bool { assign, accumulate };

// The algebra of blocks: every product below is bilinear, and obeys the product rule when both factors carry
// tangents. A factor of one column is constant along the columns of the other. `alpha` multiplies the result.

/// out (+)= alpha · a ∘ b, elementwise; a and b of the same size.
void multiply(Block out, const ConstBlock& a, const ConstBlock& b, double alpha, Into into);
/// The same for a cotangent: where that is 0 it is 0, even if x is infinite.
void multiply_cotangent(Block out, const ConstBlock& cotangent, const ConstBlock& x, double alpha, Into into);
/// out (+)= alpha · s · x, with s a scalar (1×…).
void scale(Block out, const ConstBlock& s, const ConstBlock& x, double alpha, Into into);
/// out (+)= alpha · x; a single column of x is the value alone, its tangents zero.
void add(Block out, const ConstBlock& x, double alpha, Into into);
/// out (+)= alpha · ⟨a, b⟩, out a scalar.
void dot(Block out, const ConstBlock& a, const ConstBlock& b, double alpha, Into into);
/// out (+)= alpha · Σ_i x_i, out a scalar.
void sum(Block out, const ConstBlock& x, double alpha, Into into);

/// out (+)= alpha · op(A) op(B); A of shape `a_shape` and B of shape `b_shape` as they are stored.
void matrix_product(Block out, const ConstBlock& a, Shape a_shape, Side a_side, const ConstBlock& b,
                    Shape b_shape, Side b_side, double alpha, Into into);

/// A constant dense matrix, held by reference: column-major, `stride` doubles between columns.
struct MatrixView {
  const double* data;
  std::uint32_t rows, cols, stride;
  Side side;  // of the matrix that is meant: the stored one, or its transpose
  Shape shape() const { return Shape{rows, cols}.on(side); }
  MatrixView transposed() const { return {data, rows, cols, stride, other(side)}; }
};
/// out (+)= alpha · A X for every column of X. One pass over A serves up to four columns.
void apply_matrix(Block out, const MatrixView& A, const ConstBlock& x, double alpha, Into into);

}  // namespace unroll::ad
