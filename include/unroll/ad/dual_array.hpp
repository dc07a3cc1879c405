#pragma once

#include <concepts>
#include <type_traits>

#include "unroll/ad/dual.hpp"
#include "unroll/ad/entries.hpp"

namespace unroll {

namespace ad {
/// A matrix that is not set, of memory that a dual array of this size left on the thread, where one did: from
/// the system a large block comes a page at a time, which takes longer than what is done with it.
Matrix fresh_block(Index rows, Index cols);
/// Keeps the memory of a large matrix for those that follow: of few, and not of more than 64 MiB.
void leave_block(Matrix&& block) noexcept;
}  // namespace ad

/// An array with k tangents, held as one block of size × (1 + k): a linear operation on it is one matrix
/// product.
class DualArray {
 public:
  DualArray(const DualArray& other)
      : shape_(other.shape_),
        block_(ad::fresh_block(other.block_.rows(), other.block_.cols())),
        half_(other.half_),
        perturbation_(other.perturbation_) {
    block_ = other.block_;
  }
  DualArray(DualArray&&) noexcept = default;
  DualArray& operator=(const DualArray&) = default;
  DualArray& operator=(DualArray&&) noexcept = default;
  ~DualArray() { ad::leave_block(std::move(block_)); }

  /// rows × cols, with size = rows · cols; a vector has one column.
  /// @{
  Index rows() const { return shape_.rows; }
  Index cols() const { return shape_.cols; }
  Index size() const { return shape_.size(); }
  /// @}
  Index directions() const { return block_.cols() - 1; }  // k
  /// size × k; a matrix flattened column by column.
  auto tangents() const { return block_.rightCols(directions()); }

  /// Entry i of a vector, (i, j) of a matrix; of a matrix, i alone is (i, 0). @throws ShapeError if out of
  /// range.
  /// @{
  Dual operator[](Index i) const { return entry(i, 0); }
  Dual operator()(Index i) const { return entry(i, 0); }
  Dual operator()(Index i, Index j) const { return entry(i, j); }
  /// @}

  // For the engine.
  /// @cond engine
  DualArray(ad::Shape shape, Matrix block, Index half = 0, ad::Perturbation perturbation = 0)
      : shape_(shape), block_(std::move(block)), half_(half), perturbation_(perturbation) {}
  ad::Shape shape() const { return shape_; }
  ad::ConstBlock block() const { return {block_.data(), block_.rows(), block_.cols(), half_}; }
  ad::Perturbation perturbation() const { return perturbation_; }
  /// @endcond

 protected:
  DualArray() : shape_{0, 1}, block_(0, 1) {}
  /// `value` and every column of `tangents`, size × k, flattened column by column. @throws ShapeError if
  /// `tangents` has not `size` rows.
  DualArray(ad::Shape shape, const Eigen::Ref<const Vector>& value, const Matrix& tangents);

 private:
  Dual entry(Index i, Index j) const;
  ad::Shape shape_;
  Matrix block_;
  Index half_ = 0;  // see ad::BlockOf
  ad::Perturbation perturbation_ = 0;
};

/// A vector of n entries with k tangents.
class DualVector : public DualArray {
 public:
  using Plain = Vector;  // what value() gives
  DualVector() = default;
  UNROLL_ASSIGNED_BY_NAME(DualVector)
  /// A constant, without tangents.
  /// @{
  DualVector(const Vector& constant)
      : DualArray({constant.size(), 1}, constant, Matrix(constant.size(), 0)) {}  // NOLINT
  template <class D>
  requires std::is_same_v<typename D::Scalar, double> DualVector(const Eigen::MatrixBase<D>& constant)
      : DualVector(Vector(constant)) {}  // NOLINT: implicit
  /// @}
  /// Assembles scalars.
  template <class D>
  requires std::is_same_v<typename D::Scalar, Dual> DualVector(
      const Eigen::MatrixBase<D>& entries);  // NOLINT: implicit
  /// `tangents` is n×k. @throws ShapeError otherwise.
  DualVector(const Vector& value, const Matrix& tangents) : DualArray({value.size(), 1}, value, tangents) {}
  /// Of so many entries: does not compile, and says what to write.
  template <std::integral T>
  explicit DualVector(T) {
    ad::refuse_size<T>();
  }
  /// `array` must have one column, which is not checked.
  explicit DualVector(DualArray array) : DualArray(std::move(array)) {}
  /// Its entries, `for (const auto x_i : x)`: each a value, which nothing can be written to.
  /// @{
  ad::EntryIterator<DualVector, Dual> begin() const { return {*this, 0}; }
  ad::EntryIterator<DualVector, Dual> end() const { return {*this, size()}; }
  /// @}
  /// The n entries without their tangents.
  const Vector value() const { return block().col(0); }
};

/// A matrix of r×c entries with k tangents.
class DualMatrix : public DualArray {
 public:
  using Plain = Matrix;  // what value() gives
  DualMatrix() = default;
  UNROLL_ASSIGNED_BY_NAME(DualMatrix)
  /// A constant, without tangents.
  /// @{
  DualMatrix(const Matrix& constant)  // NOLINT: implicit
      : DualMatrix(constant, Matrix(constant.size(), 0)) {}
  template <class D>
  requires std::is_same_v<typename D::Scalar, double> DualMatrix(const Eigen::MatrixBase<D>& constant)
      : DualMatrix(Matrix(constant)) {}  // NOLINT: implicit
  /// @}
  /// `tangents` is (r·c)×k, each column a matrix flattened column by column. @throws ShapeError otherwise.
  DualMatrix(const Matrix& value, const Matrix& tangents)
      : DualArray({value.rows(), value.cols()}, Eigen::Map<const Vector>(value.data(), value.size()),
                  tangents) {}
  /// `array` as a matrix, whatever its shape.
  explicit DualMatrix(DualArray array) : DualArray(std::move(array)) {}
  /// The r×c entries without their tangents.
  const Matrix value() const { return Eigen::Map<const Matrix>(block().data(), rows(), cols()); }
};

}  // namespace unroll
