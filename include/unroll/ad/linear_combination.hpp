#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "unroll/ad/var_array.hpp"

namespace unroll {

/// Σ c_i x_i + constant over taped arrays of one shape, not yet computed: what +, − and multiplication by a
/// number give. It becomes one node, computed in one pass, when it is converted to a `VarVector` (A =
/// VarVector) or `VarMatrix`; adding a constant alone needs no node at all. It holds handles, not references:
/// no lifetime to think of.
template <class A>
class LinearCombination {
 public:
  /// Terms that are held apart; before one more is added, these are computed, as one node.
  static constexpr std::size_t most_terms = 6;

  /// The shape of every term.
  /// @{
  Index rows() const { return extent_.rows(); }
  Index cols() const { return extent_.cols(); }
  Index size() const { return shape().size(); }
  ad::Shape shape() const { return extent_.shape(); }
  /// @}
  /// Computes and records it, anew at every call. @throws TapeError if the tape was cleared or destroyed.
  /// @{
  operator A() const { return eval(); }  // NOLINT: implicit
  A eval() const;
  /// @}
  /// Numbers and entries of eval(), which every call computes and records anew: for more than one, convert
  /// first. @throws as eval(), ShapeError if out of range.
  /// @{
  typename A::Plain value() const { return eval().value(); }
  Var operator[](Index i) const { return eval()[i]; }
  Var operator()(Index i) const { return eval()(i); }
  Var operator()(Index i, Index j) const { return eval()(i, j); }
  /// @}

  // For the operators.
  /// @cond engine
  explicit LinearCombination(const A& x) : LinearCombination(x.extent()) { add(x, 1, "+"); }
  explicit LinearCombination(ad::Extent extent) : extent_(extent) {}
  LinearCombination(const LinearCombination& other);
  LinearCombination(LinearCombination&& other) noexcept
      : extent_(other.extent_),
        epoch_(other.epoch_),
        core_(other.core_),
        count_(std::exchange(other.count_, 0)) {
    if (other.constant_.buffer() != nullptr) constant_ = std::move(other.constant_);
    copy_terms(other.terms_, std::make_index_sequence<most_terms>{});
  }
  LinearCombination& operator=(LinearCombination other) noexcept;
  ~LinearCombination() {
    if (count_ > 0) release_terms();
  }
  void add(const A& x, double coefficient, const char* operation) {
    const bool fits = count_ > 0 && count_ < most_terms && x.core() == core_ && x.epoch() == epoch_ &&
                      x.extent() == extent_ && !x.is_constant() && core_->is_at(epoch_);
    if (fits) [[likely]]
      add_term({x.buffer(), x.id(), coefficient});
    else
      add_checked(x, coefficient, operation);
  }
  void add(const LinearCombination& other, double coefficient, const char* operation);
  void add_constant(const double* data, ad::Shape shape, double coefficient, const char* operation);
  void scale(double factor) {
    for (std::size_t i = 0; i < count_; ++i) terms_[i].coefficient *= factor;
    if (constant_.buffer() != nullptr) scale_constant(factor);
  }
  /// @endcond

 private:
  // A handle without what all terms have in common: the recording and the shape.
  struct Term {
    ad::Buffer* buffer;
    ad::Id id;
    double coefficient;
  };
  void check_shape(ad::Extent other, const char* operation) const {
    if (other != extent_) [[unlikely]]
      ad::same_shape(operation, shape(), other.shape());  // which throws
  }
  void add_checked(const A& x, double coefficient, const char* operation);
  void add_term(const Term& term) {
    for (std::size_t i = 0; i < count_; ++i)
      if (terms_[i].buffer == term.buffer) {
        terms_[i].coefficient += term.coefficient;
        return;
      }
    if (count_ == most_terms) [[unlikely]]
      fold();
    ++term.buffer->references;
    terms_[count_++] = term;
  }
  /// Computes what there is, and goes on with that as its one term.
  [[gnu::noinline]] void fold();
  // Usually two or three: too few for the call of memcpy that a copy of them all would be.
  template <std::size_t... I>
  void copy_terms(const std::array<Term, most_terms>& terms, std::index_sequence<I...>) {
    const auto copy = [](Term& to, const Term& from) {
      to.buffer = from.buffer;
      to.id = from.id;
      to.coefficient = from.coefficient;
      return true;
    };
    (void)((I < count_ && copy(terms_[I], terms[I])) && ...);
  }
  void release_terms() noexcept;
  void scale_constant(double factor);
  std::size_t buffer_size() const { return static_cast<std::size_t>(size() * core_->columns()); }

  // See VarArray on the order of members.
  ad::Extent extent_;
  std::uint32_t epoch_ = 0;
  ad::TapeCore* core_ = nullptr;  // of the terms, if there are any
  std::uint32_t count_ = 0;
  std::array<Term, most_terms> terms_;  // the first count_, each holding a reference to its buffer
  A constant_;                          // empty: none
};

extern template class LinearCombination<VarVector>;
extern template class LinearCombination<VarMatrix>;

}  // namespace unroll
