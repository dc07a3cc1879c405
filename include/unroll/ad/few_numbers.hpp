#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "unroll/types.hpp"

namespace unroll::ad {

/// The numbers of a scalar, its value and its tangents: a few stand in place, more of them on the heap.
class FewNumbers {
 public:
  explicit FewNumbers(Index size) : size_(size) {
    if (size > in_place) [[unlikely]]
      more_ = std::make_unique_for_overwrite<double[]>(static_cast<std::size_t>(size));
  }
  template <class D>
  explicit FewNumbers(const Eigen::MatrixBase<D>& row) : FewNumbers(row.size()) {
    Eigen::Map<Eigen::RowVectorXd>(data(), size_) = row;
  }
  FewNumbers(const FewNumbers& o) : FewNumbers(o.size_) { copy(o); }
  /// What was moved from is one number, any.
  /// @{
  FewNumbers(FewNumbers&& o) noexcept
      : size_(std::exchange(o.size_, 1)), few_(o.few_), more_(std::move(o.more_)) {}
  FewNumbers& operator=(FewNumbers&& o) noexcept {
    few_ = o.few_;
    more_ = std::move(o.more_);
    size_ = std::exchange(o.size_, 1);
    return *this;
  }
  /// @}
  FewNumbers& operator=(const FewNumbers& o) {
    if (o.size_ > in_place && o.size_ != size_) [[unlikely]]
      return *this = FewNumbers(o);
    size_ = o.size_;
    copy(o);
    return *this;
  }
  ~FewNumbers() = default;

  double* data() { return size_ > in_place ? more_.get() : few_.data(); }
  const double* data() const { return size_ > in_place ? more_.get() : few_.data(); }
  Index size() const { return size_; }

 private:
  static constexpr Index in_place = 4;
  void copy(const FewNumbers& o) {
    few_ = o.few_;
    if (size_ > in_place) [[unlikely]]
      std::copy_n(o.more_.get(), size_, more_.get());
  }

  Index size_;
  std::array<double, in_place> few_{};
  std::unique_ptr<double[]> more_{};
};

}  // namespace unroll::ad
