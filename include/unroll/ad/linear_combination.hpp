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
  static constexpr std::size_t most_terms = 6;

  Index rows() const { return shape_.rows; }
  Index cols() const { return shape_.cols; }
  Index size() const { return shape_.size(); }
  ad::Shape shape() const { return shape_; }
  operator A() const { return eval(); }  // NOLINT: implicit
  /// Computes and records it.
  A eval() const;
  typename A::Plain value() const { return eval().value(); }
  Var operator[](Index i) const { return eval()[i]; }
  Var operator()(Index i) const { return eval()(i); }
  Var operator()(Index i, Index j) const { return eval()(i, j); }

  // For the operators.
  explicit LinearCombination(const A& x) : shape_(x.shape()) { add(x, 1, "+"); }
  explicit LinearCombination(ad::Shape shape) : shape_(shape) {}
  LinearCombination(const LinearCombination& other);
  LinearCombination(LinearCombination&& other) noexcept;
  LinearCombination& operator=(LinearCombination other) noexcept;
  ~LinearCombination();
  void add(const A& x, double coefficient, const char* operation);
  void add(const LinearCombination& other, double coefficient, const char* operation);
  void add_constant(const double* data, ad::Shape shape, double coefficient, const char* operation);
  void scale(double factor);

 private:
  // A handle without what all terms have in common: the recording and the shape.
  struct Term {
    ad::Buffer* buffer;
    ad::Id id;
    double coefficient;
  };
  void check_shape(ad::Shape shape, const char* operation) const;
  void add_term(const Term& term);
  template <std::size_t... I>
  void copy_terms(const std::array<Term, most_terms>& terms, std::index_sequence<I...>);
  std::size_t buffer_size() const { return static_cast<std::size_t>(shape_.size() * core_->columns()); }

  ad::Shape shape_;
  ad::TapeCore* core_ = nullptr;  // of the terms, if there are any
  std::uint32_t epoch_ = 0;
  std::uint32_t count_ = 0;
  std::array<Term, most_terms> terms_;  // the first count_, each holding a reference to its buffer
  A constant_;                          // empty: none
};

extern template class LinearCombination<VarVector>;
extern template class LinearCombination<VarMatrix>;

}  // namespace unroll
