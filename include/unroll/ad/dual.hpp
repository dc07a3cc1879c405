#pragma once

#include <type_traits>

#include "unroll/ad/binary_functions.hpp"
#include "unroll/ad/block.hpp"
#include "unroll/ad/scalar_functions.hpp"

namespace unroll {

/// A number with k tangents: forward mode for scalar code. A constant has none, and meets any k.
class Dual {
 public:
  Dual() = default;
  /// A constant, without tangents.
  template <class T>
  requires std::is_arithmetic_v<T> Dual(T constant)
      : block_(ad_constant(static_cast<double>(constant))) {}  // NOLINT: implicit
  /// `tangents` is 1×k.
  Dual(double value, const Eigen::RowVectorXd& tangents) : block_(1, 1 + tangents.size()) {
    block_ << value, tangents;
  }

  /// The number without its tangents.
  double value() const { return block_(0); }
  auto tangents() const { return block_.tail(directions()); }  // 1×k
  Index directions() const { return block_.size() - 1; }       // k, 0 of a constant

  /// Arithmetic and functions of the number, tangents by the chain rule; kinks and edges as elementwise.hpp
  /// says. @throws ShapeError if both operands have tangents, in different numbers.
  /// @{
  Dual& operator+=(const Dual& other) { return *this = *this + other; }
  Dual& operator-=(const Dual& other) { return *this = *this - other; }
  Dual& operator*=(const Dual& other) { return *this = *this * other; }
  Dual& operator/=(const Dual& other) { return *this = *this / other; }

  friend Dual operator+(const Dual& a, const Dual& b) { return binary<ad::Plus>(a, b); }
  friend Dual operator-(const Dual& a, const Dual& b) { return binary<ad::Minus>(a, b); }
  friend Dual operator*(const Dual& a, const Dual& b) { return binary<ad::Times>(a, b); }
  friend Dual operator/(const Dual& a, const Dual& b) { return binary<ad::Divide>(a, b); }
  friend Dual operator-(const Dual& a) { return unary<ad::Negate>(a); }
  friend Dual pow(const Dual& a, const Dual& b) { return binary<ad::Pow>(a, b); }
  friend Dual atan2(const Dual& a, const Dual& b) { return binary<ad::Atan2>(a, b); }
  friend Dual max(const Dual& a, const Dual& b) { return binary<ad::Max>(a, b); }
  friend Dual min(const Dual& a, const Dual& b) { return binary<ad::Min>(a, b); }
  friend Dual exp(const Dual& a) { return unary<ad::Exp>(a); }
  friend Dual log(const Dual& a) { return unary<ad::Log>(a); }
  friend Dual log1p(const Dual& a) { return unary<ad::Log1p>(a); }
  friend Dual expm1(const Dual& a) { return unary<ad::Expm1>(a); }
  friend Dual sqrt(const Dual& a) { return unary<ad::Sqrt>(a); }
  friend Dual square(const Dual& a) { return unary<ad::Square>(a); }
  friend Dual sin(const Dual& a) { return unary<ad::Sin>(a); }
  friend Dual cos(const Dual& a) { return unary<ad::Cos>(a); }
  friend Dual tan(const Dual& a) { return unary<ad::Tan>(a); }
  friend Dual atan(const Dual& a) { return unary<ad::Atan>(a); }
  friend Dual sinh(const Dual& a) { return unary<ad::Sinh>(a); }
  friend Dual cosh(const Dual& a) { return unary<ad::Cosh>(a); }
  friend Dual tanh(const Dual& a) { return unary<ad::Tanh>(a); }
  friend Dual sigmoid(const Dual& a) { return unary<ad::Sigmoid>(a); }
  friend Dual softplus(const Dual& a) { return unary<ad::Softplus>(a); }
  friend Dual abs(const Dual& a) { return unary<ad::Abs>(a); }
  friend Dual fabs(const Dual& a) { return unary<ad::Abs>(a); }
  /// @}

  /// Comparisons and tests are of the numbers, whatever the tangents: a branch is taken, and the derivative
  /// is of what was executed.
  /// @{
  friend bool operator==(const Dual& a, const Dual& b) { return a.value() == b.value(); }
  friend auto operator<=>(const Dual& a, const Dual& b) { return a.value() <=> b.value(); }
  friend bool isfinite(const Dual& a) { return std::isfinite(a.value()); }
  friend bool isnan(const Dual& a) { return std::isnan(a.value()); }
  friend bool isinf(const Dual& a) { return std::isinf(a.value()); }
  /// @}
  /// The number without its tangents.
  friend double value_of(const Dual& a) { return a.value(); }

  // For the engine: 1×(1+k).
  /// @cond engine
  explicit Dual(Eigen::RowVectorXd block) : block_(std::move(block)) {}
  ad::ConstBlock block() const { return {block_.data(), 1, block_.size()}; }
  /// @endcond

 private:
  static Eigen::RowVectorXd ad_constant(double value) { return Eigen::RowVectorXd::Constant(1, value); }

  template <class F>
  static Dual unary(const Dual& a) {
    const double y = F::value(a.value());
    Eigen::RowVectorXd block = F::slope(F::saves_output ? y : a.value()) * a.block_;
    block(0) = y;
    return Dual(std::move(block));
  }
  template <class F>
  static Dual binary(const Dual& a, const Dual& b) {
    const double y = F::value(a.value(), b.value());
    if (a.directions() != b.directions() && a.directions() > 0 && b.directions() > 0)
      throw_directions(a.directions(), b.directions());
    Eigen::RowVectorXd block = Eigen::RowVectorXd::Zero(1 + std::max(a.directions(), b.directions()));
    if (a.directions() > 0) block += F::partial_a(a.value(), b.value(), y) * a.block_;
    if (b.directions() > 0) block += F::partial_b(a.value(), b.value(), y) * b.block_;
    block(0) = y;
    return Dual(std::move(block));
  }
  [[noreturn]] static void throw_directions(Index a, Index b);

  Eigen::RowVectorXd block_ = ad_constant(0.0);  // value, tangents
};

/// An array with k tangents, held as one block of size × (1 + k): a linear operation on it is one matrix
/// product.
class DualArray {
 public:
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
  DualArray(ad::Shape shape, Matrix block) : shape_(shape), block_(std::move(block)) {}
  ad::Shape shape() const { return shape_; }
  ad::ConstBlock block() const { return {block_.data(), block_.rows(), block_.cols()}; }
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
};

/// A vector of n entries with k tangents.
class DualVector : public DualArray {
 public:
  using Plain = Vector;  // what value() gives
  DualVector() = default;
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
  /// `array` must have one column, which is not checked.
  explicit DualVector(DualArray array) : DualArray(std::move(array)) {}
  /// The n entries without their tangents.
  Vector value() const { return block().col(0); }
};

/// A matrix of r×c entries with k tangents.
class DualMatrix : public DualArray {
 public:
  using Plain = Matrix;  // what value() gives
  DualMatrix() = default;
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
  Matrix value() const { return Eigen::Map<const Matrix>(block().data(), rows(), cols()); }
};

}  // namespace unroll
