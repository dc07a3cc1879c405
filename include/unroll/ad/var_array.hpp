#pragma once

#include <atomic>
#include <concepts>
#include <utility>

#include "unroll/ad/assignment.hpp"
#include "unroll/ad/entries.hpp"
#include "unroll/ad/tape_core.hpp"
#include "unroll/ad/var.hpp"

namespace unroll {

/// An array recorded on a tape, or a constant. A handle: copies share the value, nothing can change it.
/// Arithmetic is in operators.hpp, functions in the rule families. Belongs to the thread of its tape; a
/// constant that belongs to no tape may be copied by several threads.
class VarArray {
 public:
  VarArray() = default;
  /// Another handle of the same value. One that was moved from may be assigned to or destroyed, no more.
  /// @{
  VarArray(const VarArray& other) noexcept : VarArray(other, nullptr) { retain(); }
  VarArray(VarArray&& other) noexcept : VarArray(other, nullptr) { other.buffer_ = nullptr; }
  VarArray& operator=(VarArray other) noexcept {
    std::swap(core_, other.core_);
    std::swap(id_, other.id_);
    std::swap(buffer_, other.buffer_);
    std::swap(epoch_, other.epoch_);
    std::swap(extent_, other.extent_);
    return *this;
  }
  /// @}
  ~VarArray() { release(); }

  /// rows × cols, with size = rows · cols; a vector has one column.
  /// @{
  Index rows() const { return extent_.rows(); }
  Index cols() const { return extent_.cols(); }
  Index size() const { return rows() * cols(); }
  /// @}
  /// True if no derivative flows through it.
  bool is_constant() const { return id_ == 0; }

  /// Entry i of a vector, (i, j) of a matrix; of a matrix, i alone is (i, 0). @throws ShapeError if out of
  /// range, TapeError if its recording is gone.
  /// @{
  Var operator[](Index i) const { return entry(i, 0); }
  Var operator()(Index i) const { return entry(i, 0); }
  Var operator()(Index i, Index j) const { return entry(i, j); }
  /// @}

  // For the engine.
  /// @cond engine
  /// A result on `core`; `buffer` holds size × (1 + k) doubles, or size for id 0, a constant; takes its
  /// reference over. @throws ShapeError if the shape is too large for a handle.
  VarArray(ad::TapeCore* core, ad::Buffer* buffer, ad::Id id, ad::Shape shape)
      : core_(core),
        id_(id),
        buffer_(buffer),
        epoch_(core->epoch.load(std::memory_order_relaxed)),
        extent_(shape) {}
  /// A constant that belongs to no tape.
  VarArray(const double* data, ad::Shape shape);
  /// The same entries in another shape of the same size.
  VarArray with_shape(ad::Shape shape) const {
    VarArray copy = *this;
    copy.extent_ = shape;
    return copy;
  }
  ad::TapeCore* core() const { return core_; }
  ad::Buffer* buffer() const { return buffer_; }
  ad::Id id() const { return id_; }
  std::uint32_t epoch() const { return epoch_; }
  ad::Extent extent() const { return extent_; }
  ad::Shape shape() const { return extent_.shape(); }
  /// Value and tangents; of a constant the value alone. @throws TapeError if stale.
  ad::ConstBlock block() const {
    check("value");
    return {buffer_ == nullptr ? nullptr : buffer_->data, size(), columns(), id_ == 0 ? 0 : core_->half};
  }
  void check(const char* operation) const {
    if (core_ != nullptr) core_->check(epoch_, operation);
  }
  void retain() const noexcept {
    if (buffer_ == nullptr) return;
    if (core_ == nullptr)  // a constant, which threads may share
      std::atomic_ref(buffer_->references).fetch_add(1, std::memory_order_relaxed);
    else if (is_live())
      ++buffer_->references;
  }
  /// @endcond

 private:
  VarArray(const VarArray& o, std::nullptr_t) noexcept
      : core_(o.core_), id_(o.id_), buffer_(o.buffer_), epoch_(o.epoch_), extent_(o.extent_) {}
  Index columns() const noexcept { return id_ == 0 ? 1 : core_->columns(); }
  bool is_live() const noexcept { return epoch_ == core_->epoch.load(std::memory_order_relaxed); }
  void release() noexcept {
    if (buffer_ == nullptr) return;
    if (core_ == nullptr)
      release_constant();
    else if (is_live())
      core_->release(buffer_, static_cast<std::size_t>(size() * columns()));
  }
  void release_constant() noexcept;
  Var entry(Index i, Index j) const {
    const bool has_been_taken_apart = core_ != nullptr && is_live() && buffer_->first_scalar != 0;
    if (!has_been_taken_apart || i < 0 || i >= rows() || j < 0 || j >= cols()) [[unlikely]]
      return first_taken(i, j);
    const Index position = i + j * rows();
    return Var(core_, buffer_->first_scalar + static_cast<ad::Id>(position), buffer_->data[position]);
  }
  Var first_taken(Index i, Index j) const;

  // A handle is copied as soon as it is made, and no two neighbours are of one size: compilers would copy
  // both by one move, and a load that is wider than the stores before it waits until they have left the
  // pipeline.
  ad::TapeCore* core_ = nullptr;
  ad::Id id_ = 0;
  ad::Buffer* buffer_ = nullptr;
  std::uint32_t epoch_ = 0;
  ad::Extent extent_;
};

/// A vector of n entries on a tape.
class VarVector : public VarArray {
 public:
  using Plain = Vector;  // what value() gives
  VarVector() = default;
  UNROLL_ASSIGNED_BY_NAME(VarVector)
  /// A constant: a copy that belongs to no tape.
  /// @{
  VarVector(const Vector& constant) : VarArray(constant.data(), {constant.size(), 1}) {}  // NOLINT: implicit
  template <class D>
  requires std::is_same_v<typename D::Scalar, double> VarVector(const Eigen::MatrixBase<D>& constant)
      : VarVector(Vector(constant)) {}  // NOLINT: implicit
  /// @}
  /// Assembles scalars.
  template <class D>
  requires std::is_same_v<typename D::Scalar, Var> VarVector(
      const Eigen::MatrixBase<D>& entries);  // NOLINT: implicit
  /// Of so many entries: does not compile, and says what to write.
  template <std::integral T>
  explicit VarVector(T) {
    ad::refuse_size<T>();
  }
  /// `array` must have one column, which is not checked.
  explicit VarVector(VarArray array) : VarArray(std::move(array)) {}
  /// Its entries, `for (const auto x_i : x)`: each a value, which nothing can be written to.
  /// @{
  ad::EntryIterator<VarVector, Var> begin() const { return {*this, 0}; }
  ad::EntryIterator<VarVector, Var> end() const { return {*this, size()}; }
  /// @}
  /// The n entries without a derivative. @throws TapeError if the tape was cleared or destroyed.
  const Vector value() const { return block().col(0); }
};

/// A matrix on a tape.
class VarMatrix : public VarArray {
 public:
  using Plain = Matrix;  // what value() gives
  VarMatrix() = default;
  UNROLL_ASSIGNED_BY_NAME(VarMatrix)
  /// A constant: a copy that belongs to no tape.
  /// @{
  VarMatrix(const Matrix& constant)
      : VarArray(constant.data(), {constant.rows(), constant.cols()}) {}  // NOLINT
  template <class D>
  requires std::is_same_v<typename D::Scalar, double> VarMatrix(const Eigen::MatrixBase<D>& constant)
      : VarMatrix(Matrix(constant)) {}  // NOLINT: implicit
  /// @}
  /// `array` as a matrix, whatever its shape.
  explicit VarMatrix(VarArray array) : VarArray(std::move(array)) {}
  /// The entries without a derivative. @throws TapeError if the tape was cleared or destroyed.
  const Matrix value() const { return Eigen::Map<const Matrix>(block().data(), rows(), cols()); }
};

}  // namespace unroll
