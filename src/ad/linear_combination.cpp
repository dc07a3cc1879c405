#include "unroll/ad/linear_combination.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "ad/adaptors.hpp"
#include "ad/entrywise.hpp"
#include "unroll/ad/packet_functions.hpp"
#include "unroll/ad/sweeper.hpp"
#include "unroll/error.hpp"

namespace unroll {

namespace ad {
namespace {

/// y = Σ c_i x_i: its pullback adds c_i ȳ to every x̄_i and reads no value. Where a c_i is infinite, as of
/// x/0, nothing goes to entries of which nobody asks.
template <std::size_t N>
struct LinearNode : Node {
  std::array<double, N> coefficients;
  std::array<Id, N> in;

  template <bool is_finite>
  static void pull_back(const Node& base, Sweeper& sweeper) {
    const auto& node = static_cast<const LinearNode&>(base);
    const Sweeper::Adjoint adjoint = sweeper.take_of_sum(node.output, node.rows);
    if (adjoint.buffer == nullptr) return;
    for (std::size_t i = 0; i < N; ++i) {
      if constexpr (is_finite) {
        sweeper.add_scaled(node.in[i], node.rows, node.coefficients[i], adjoint);
      } else {
        Into into{};
        Block x_bar = sweeper.writable(node.in[i], node.rows, into);
        const Eigen::Map<const Matrix> y_bar(adjoint.buffer->data, x_bar.rows(), x_bar.cols());
        put(x_bar.array(),
            Eigen::ArrayXXd::Constant(x_bar.rows(), x_bar.cols(), node.coefficients[i])
                .binaryExpr((adjoint.scale * y_bar).array(), packet::Chain{}),
            1, into);
      }
    }
    sweeper.drop(adjoint, node.rows);
  }
};

struct Input {
  const double* data;
  double coefficient;
};

/// out = Σ c_i x_i in one pass, term by term from the first.
template <std::size_t... I>
void combine(double* out, Index size, const Input* in, std::index_sequence<I...>) {
  entrywise(
      out, size,
      [c = std::array<double, sizeof...(I) + 1>{in[0].coefficient, in[I + 1].coefficient...}](
          auto first, const auto&... rest) {
        using namespace Eigen::internal;
        using T = decltype(first);
        T sum = pmul(pset1<T>(c[0]), first);
        ((sum = pmadd(pset1<T>(c[I + 1]), rest, sum)), ...);
        return sum;
      },
      in[0].data, in[I + 1].data...);
}

/// Calls f(integral constant of count) for 1 ≤ count ≤ sizeof...(N).
template <class F, std::size_t... N>
void with_constant(std::size_t count, const F& f, std::index_sequence<N...>) {
  (void)((count == N + 1 && (f(std::integral_constant<std::size_t, N + 1>{}), true)) || ...);
}

void combine(double* out, Index size, const Input* in, std::size_t count) {
  constexpr std::size_t most = LinearCombination<VarVector>::most_terms + 1;  // with the constant
  with_constant(
      count, [&](auto n) { combine(out, size, in, std::make_index_sequence<n() - 1>{}); },
      std::make_index_sequence<most>{});
}

}  // namespace
}  // namespace ad

template <class A>
LinearCombination<A>::LinearCombination(const LinearCombination& other)
    : extent_(other.extent_), epoch_(other.epoch_), core_(other.core_), constant_(other.constant_) {
  if (core_ == nullptr) return;
  core_->check(epoch_, "linear combination");
  for (count_ = 0; count_ < other.count_; ++count_) {
    terms_[count_] = other.terms_[count_];
    ++terms_[count_].buffer->references;
  }
}

template <class A>
LinearCombination<A>& LinearCombination<A>::operator=(LinearCombination other) noexcept {
  this->~LinearCombination();
  return *new (this) LinearCombination(std::move(other));
}

template <class A>
void LinearCombination<A>::release_terms() noexcept {
  if (!core_->is_at(epoch_)) return;
  for (std::size_t i = 0; i < count_; ++i) core_->release(terms_[i].buffer, buffer_size());
}

template <class A>
void LinearCombination<A>::fold() {
  const A sum = eval();
  *this = LinearCombination(sum);
}

template <class A>
void LinearCombination<A>::add_checked(const A& x, double coefficient, const char* operation) {
  check_shape(x.extent(), operation);
  x.check(operation);
  if (x.is_constant()) {
    add_constant(x.block().data(), x.shape(), coefficient, operation);
    return;
  }
  if (core_ != nullptr && (core_ != x.core() || epoch_ != x.epoch())) ad::TapeCore::throw_foreign(operation);
  core_ = x.core();
  epoch_ = x.epoch();
  add_term({x.buffer(), x.id(), coefficient});
}

template <class A>
void LinearCombination<A>::add(const LinearCombination& other, double coefficient, const char* operation) {
  check_shape(other.extent_, operation);
  if (other.count_ > 0) {
    other.core_->check(other.epoch_, operation);
    if (core_ != nullptr && (core_ != other.core_ || epoch_ != other.epoch_))
      ad::TapeCore::throw_foreign(operation);
    core_ = other.core_;
    epoch_ = other.epoch_;
    for (std::size_t i = 0; i < other.count_; ++i)
      add_term({other.terms_[i].buffer, other.terms_[i].id, coefficient * other.terms_[i].coefficient});
  }
  if (other.constant_.buffer() != nullptr)
    add_constant(other.constant_.block().data(), other.shape(), coefficient, operation);
}

template <class A>
void LinearCombination<A>::add_constant(const double* data, ad::Shape shape, double coefficient,
                                        const char* operation) {
  check_shape(shape, operation);
  if (shape.size() == 0) return;
  constant_.check(operation);
  if (count_ > 0) core_->check(epoch_, operation);
  const Eigen::Map<const Vector> added(data, shape.size());
  if (constant_.buffer() == nullptr) {
    if (count_ > 0) {  // in memory that the tape recycles
      constant_ = A(VarArray(core_, core_->allocate(static_cast<std::size_t>(shape.size())), 0, shape));
      Eigen::Map<Vector>(constant_.buffer()->data, shape.size()) = coefficient * added;
    } else {
      constant_ = A(VarArray(data, shape));
      if (coefficient != 1) Eigen::Map<Vector>(constant_.buffer()->data, shape.size()) *= coefficient;
    }
  } else if (constant_.buffer()->references == 1) {
    Eigen::Map<Vector>(constant_.buffer()->data, shape.size()) += coefficient * added;
  } else {
    const Vector sum = Eigen::Map<const Vector>(constant_.block().data(), shape.size()) + coefficient * added;
    constant_ = A(VarArray(sum.data(), shape));
  }
}

template <class A>
void LinearCombination<A>::scale_constant(double factor) {
  const A before = std::exchange(constant_, A{});
  add_constant(before.block().data(), shape(), factor, "*");
}

template <class A>
A LinearCombination<A>::eval() const {
  using namespace ad;
  const bool has_constant = constant_.buffer() != nullptr;
  if (count_ == 0) {
    if (has_constant) return constant_;
    return A(VarArray(nullptr, shape()));
  }
  core_->check(epoch_, "linear combination");
  const bool alone = count_ == 1 && terms_[0].coefficient == 1;
  const Index size = this->size();
  const Index columns = core_->columns();
  // 1 x, and x + constant, have the derivative of x: they share its id, and need no node.
  const Id id = alone ? terms_[0].id : core_->new_array();
  A result(VarArray(core_, core_->allocate(buffer_size()), id, shape()));
  double* const out = result.buffer()->data;

  std::array<Input, most_terms + 1> in;
  for (std::size_t i = 0; i < count_; ++i) in[i] = {terms_[i].buffer->data, terms_[i].coefficient};
  if (has_constant) {
    in[count_] = {constant_.block().data(), 1.0};
    combine(out, size, in.data(), count_ + 1);
    for (std::size_t i = 0; i < count_; ++i) in[i].data += size;
    if (columns > 1) combine(out + size, size * (columns - 1), in.data(), count_);
  }
  if (alone) {
    if (!has_constant) std::copy_n(in[0].data, buffer_size(), out);
    return result;
  }
  with_constant(
      count_,
      [&]<std::size_t N>(std::integral_constant<std::size_t, N>) {
        if (!has_constant) combine(out, size * columns, in.data(), std::make_index_sequence<N - 1>{});
        core_->push_node<LinearNode<N>>(id, static_cast<std::size_t>(size), [&](void* memory) {
          auto* const node = new (memory) LinearNode<N>;
          node->pull = &LinearNode<N>::template pull_back<true>;
          for (std::size_t i = 0; i < N; ++i) {
            node->coefficients[i] = terms_[i].coefficient;
            node->in[i] = terms_[i].id;
            if (!std::isfinite(terms_[i].coefficient)) node->pull = &LinearNode<N>::template pull_back<false>;
          }
          return node;
        });
      },
      std::make_index_sequence<most_terms>{});
  if (core_->log != nullptr) [[unlikely]] {
    std::vector<ad::LoggedOperand> operands;
    for (std::size_t i = 0; i < count_; ++i) operands.push_back({terms_[i].id, false, size, 0});
    core_->log->recorded("LinearCombination", false, id, static_cast<std::size_t>(size), out, operands);
  }
  return result;
}

template class LinearCombination<VarVector>;
template class LinearCombination<VarMatrix>;

}  // namespace unroll
