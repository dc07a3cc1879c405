#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "unroll/ad/assignment.hpp"
#include "unroll/ad/block.hpp"
#include "unroll/ad/entries.hpp"
#include "unroll/ad/few_numbers.hpp"
#include "unroll/ad/functions.hpp"

namespace unroll {

namespace ad {
/// The variable that was made by `Dual(x, 1)`, of those whose only tangents are; of others 0.
using Seed = std::uint64_t;
constexpr Seed computed_seed = ~Seed{0};  // of tangents that were computed of others'
/// Tangents that arithmetic made, as opposed to an array, a part of one, or a constant one, a unit vector
/// say.
/// @{
template <class D>
constexpr bool is_given = std::is_base_of_v<Eigen::PlainObjectBase<D>, D>;
template <class Op, class M>
constexpr bool is_given<Eigen::CwiseNullaryOp<Op, M>> = true;
template <class M, int options, class Stride>
constexpr bool is_given<Eigen::Map<M, options, Stride>> = true;
/// The tangents of another number, and those of one that will be gone: by stride and alignment nothing else
/// is of these types.
/// @{
using TangentsOfDual = Eigen::Map<const Eigen::RowVectorXd, 0, Eigen::InnerStride<1>>;
using TakenTangents = Eigen::Matrix<double, 1, Eigen::Dynamic, Eigen::RowMajor | Eigen::DontAlign>;
template <>
inline constexpr bool is_given<TangentsOfDual> = false;
template <>
inline constexpr bool is_given<TakenTangents> = false;
/// @}
template <class M, int options, class Stride>
constexpr bool is_given<Eigen::Ref<M, options, Stride>> = true;
template <class M, int rows, int cols, bool inner>
constexpr bool is_given<Eigen::Block<M, rows, cols, inner>> = is_given<std::remove_const_t<M>>;
template <class M>
constexpr bool is_given<Eigen::Transpose<M>> = is_given<std::remove_const_t<M>>;
template <class D>
concept ComputedTangents = !is_given<D>;
/// @}
template <class D>
FewNumbers value_and_tangents(double value, const D& tangents) {
  FewNumbers block(1 + tangents.size());
  block.data()[0] = value;
  Eigen::Map<Eigen::RowVectorXd>(block.data() + 1, tangents.size()) = tangents;
  return block;
}
}  // namespace ad

/// A number with k tangents: forward mode for scalar code. A constant has none, and meets any k.
///
/// One tangent that is 1 says "I am the variable": the derivative of what is made of it is by it alone. So
/// that what is differentiated inside a function that is itself differentiated does not share tangents
/// (perturbation confusion; Siskind and Pearlmutter 2005), it must not meet other tangents. Seed both at
/// once, a tangent each, or take the inner derivative by `gradient`; a direction in several variables is a
/// `DualVector(x, direction)`. Tangents that are computed where the number is made, Dual(y, slope *
/// a.tangents()), are those of `a`.
class Dual {
 public:
  Dual() = default;
  /// A constant, without tangents.
  template <class T>
  requires std::is_arithmetic_v<T> Dual(T constant) : Dual() {  // NOLINT: implicit
    block_.data()[0] = static_cast<double>(constant);
  }
  /// `tangents` is 1×k. @throws UnsupportedError as soon as a variable, whose tangents are {1}, meets others.
  /// @{
  Dual(double value, const Eigen::RowVectorXd& tangents);
  template <ad::ComputedTangents D>
  Dual(double value, const Eigen::MatrixBase<D>& tangents)
      : Dual(ad::value_and_tangents(value, tangents), 0, ad::computed_seed) {}
  /// @}

  Dual(const Dual&) = default;
  Dual(Dual&&) noexcept = default;
  Dual& operator=(const Dual&) & = default;
  Dual& operator=(Dual&&) & noexcept = default;
  ~Dual() = default;
  /// An entry of an array is a value: writing to it would be lost, and does not
  /// compile.
  /// @{
#define UNROLL_REFUSED(op)       \
  template <class T>             \
  Dual operator op(const T&)&& { \
    ad::refuse_assignment<T>();  \
    return *this;                \
  }
  UNROLL_REFUSED(=)
  UNROLL_REFUSED(+=)
  UNROLL_REFUSED(-=)
  UNROLL_REFUSED(*=)
  UNROLL_REFUSED(/=)
#undef UNROLL_REFUSED
  /// @}

  /// A number has no tangents: does not compile, and says what to write.
  template <std::same_as<double> T>
  explicit operator T() const {
    ad::refuse_number<Dual>();
    return 0;
  }
  /// The number without its tangents.
  double value() const { return block_.data()[0]; }
  ad::TangentsOfDual tangents() const& { return {block_.data() + 1, directions()}; }  // 1×k
  ad::TakenTangents tangents() &&;
  Index directions() const { return block_.size() - 1; }  // k, 0 of a constant

  /// x += y is x = x + y.
  /// @{
  Dual& operator+=(const Dual& other) &;
  Dual& operator-=(const Dual& other) &;
  Dual& operator*=(const Dual& other) &;
  Dual& operator/=(const Dual& other) &;

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

  // For the engine: 1×(1+k), and as blocks have it with a further direction.
  /// @cond engine
  explicit Dual(ad::FewNumbers block, Index half = 0, ad::Seed seed = 0)
      : block_(std::move(block)), half_(half), seed_(seed) {}
  ad::ConstBlock block() const { return {block_.data(), 1, block_.size(), half_}; }
  ad::Seed seed() const { return seed_; }
  /// @endcond

 private:
  ad::FewNumbers block_{1};  // value, tangents
  Index half_ = 0;
  ad::Seed seed_ = 0;
};

namespace ad {
template <Function function>
Dual function_of(const Dual& a);
template <auto function>
Dual function_of(const Dual& a, const Dual& b);
}  // namespace ad

/// Arithmetic and the functions of function_list.hpp, tangents by the chain rule.
/// @throws ShapeError if both operands have tangents, in different numbers.
/// @{
inline Dual operator+(const Dual& a, const Dual& b) { return ad::function_of<ad::Operation::plus>(a, b); }
inline Dual operator-(const Dual& a, const Dual& b) { return ad::function_of<ad::Operation::minus>(a, b); }
inline Dual operator*(const Dual& a, const Dual& b) { return ad::function_of<ad::Operation::times>(a, b); }
inline Dual operator/(const Dual& a, const Dual& b) { return ad::function_of<ad::Operation::divide>(a, b); }
inline Dual operator-(const Dual& a) { return -1.0 * a; }
#define UNROLL_FUNCTION(name, s, of_x, slope_of_s, bend_of_s, twist_of_s) \
  inline Dual name(const Dual& a) { return ad::function_of<ad::Function::name>(a); }
#define UNROLL_FUNCTION_OF_TWO(name, of_ab, in_a, in_b) \
  inline Dual name(const Dual& a, const Dual& b) { return ad::function_of<ad::FunctionOfTwo::name>(a, b); }
#include "unroll/ad/function_list.hpp"
inline Dual fabs(const Dual& a) { return abs(a); }
/// @}

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
        seed_(other.seed_) {
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
  DualArray(ad::Shape shape, Matrix block, Index half = 0, ad::Seed seed = 0)
      : shape_(shape), block_(std::move(block)), half_(half), seed_(seed) {}
  ad::Shape shape() const { return shape_; }
  ad::ConstBlock block() const { return {block_.data(), block_.rows(), block_.cols(), half_}; }
  ad::Seed seed() const { return seed_; }
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
  ad::Seed seed_ = 0;
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
