#pragma once

#include <algorithm>
#include <array>
#include <memory>

#include "unroll/types.hpp"

namespace unroll::ad {

/// The numbers of a scalar, its value and its tangents: a few stand in place, more of them on the heap.
///
/// In place the value is read and written as a number, the tangents as one packet with zeros behind them: a
/// packet that is read where numbers have just been written waits for them, longer than a product takes.
class FewNumbers {
 public:
  static constexpr Index in_place = 5;
  using Tangents = Eigen::Array<double, in_place - 1, 1>;

  explicit FewNumbers(Index size) : size_(size) {
    few_[0] = 0;
    packet().setZero();
    if (!are_few()) [[unlikely]]
      more_ = std::make_unique_for_overwrite<double[]>(static_cast<std::size_t>(size));
  }
  template <class D>
  explicit FewNumbers(const Eigen::MatrixBase<D>& row) : FewNumbers(row.size()) {
    Eigen::Map<Eigen::RowVectorXd>(data(), size_) = row;
  }
  FewNumbers(const FewNumbers& o) : FewNumbers(o.size_) { copy(o); }
  /// What many numbers were moved from is one, any.
  /// @{
  FewNumbers(FewNumbers&& o) noexcept : more_(std::move(o.more_)) { take(o); }
  FewNumbers& operator=(FewNumbers&& o) noexcept {
    more_ = std::move(o.more_);
    take(o);
    return *this;
  }
  /// @}
  FewNumbers& operator=(const FewNumbers& o) {
    if (!o.are_few() && o.size_ != size_) [[unlikely]]
      return *this = FewNumbers(o);
    copy(o);
    return *this;
  }
  ~FewNumbers() = default;

  double* data() { return are_few() ? few_.data() : more_.get(); }
  const double* data() const { return are_few() ? few_.data() : more_.get(); }
  Index size() const { return size_; }

  /// Whether all stand in place; the value and the tangents there; and to write them.
  /// @{
  bool are_few() const { return size_ <= in_place; }
  double value() const { return few_[0]; }
  Eigen::Map<const Tangents> tangents() const { return Eigen::Map<const Tangents>(few_.data() + 1); }
  template <class D>
  void become(double value, const Eigen::ArrayBase<D>& tangents, Index size) {
    packet() = tangents;
    few_[0] = value;
    size_ = size;
  }
  /// @}

 private:
  Eigen::Map<Tangents> packet() { return Eigen::Map<Tangents>(few_.data() + 1); }
  void take(FewNumbers& o) {
    become(o.value(), o.tangents(), o.size_);
    if (!o.are_few() && &o != this) [[unlikely]]
      o.size_ = 1;
  }
  void copy(const FewNumbers& o) {
    become(o.value(), o.tangents(), o.size_);
    if (!are_few()) [[unlikely]]
      std::copy_n(o.more_.get(), size_, more_.get());
  }

  Index size_;
  std::array<double, in_place> few_;
  std::unique_ptr<double[]> more_{};
};

}  // namespace unroll::ad
