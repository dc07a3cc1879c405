#pragma once

#include <algorithm>
#include <tuple>
#include <type_traits>

#include "unroll/ad/sweeper.hpp"
#include "unroll/ad/var.hpp"

/// What a tape keeps of a rule's evaluation (see engine.hpp), and what the rule's pullback sees of it.
namespace unroll::ad {

enum class Kind { scalar, array };

/// What a node keeps of an array: its id, its size, and its value if the pullback reads it.
struct ArrayOperand {
  static constexpr bool is_scalar = false;
  Id id;
  std::uint32_t rows;
  const double* data;
  ConstBlock block(const TapeCore& core) const {
    return {data, rows, id == 0 ? 1 : core.columns(), core.half};
  }
};
/// Of an array that no pullback reads.
struct UnreadOperand {
  static constexpr bool is_scalar = false;
  Id id;
  std::uint32_t rows;
};
struct ScalarOperand {
  static constexpr bool is_scalar = true;
  static constexpr std::uint32_t rows = 1;
  double value;
  Id id;
  ConstBlock block(const TapeCore& core) const {
    if (id != 0 && core.tangents > 0) return {core.scalars.block(id), 1, core.columns(), core.half};
    return {&value, 1, 1};
  }
};

template <class T, bool read>
using OperandOf = std::conditional_t<std::is_same_v<T, Var> || std::is_arithmetic_v<T>, ScalarOperand,
                                     std::conditional_t<read, ArrayOperand, UnreadOperand>>;

struct NothingSaved {};

template <class Rule, Kind K, class... Operand>
struct RuleNode : Node {
  using Saved = std::conditional_t<!Rule::reads_output, NothingSaved,
                                   std::conditional_t<K == Kind::scalar, double, const double*>>;
  std::tuple<Operand...> in;
  [[no_unique_address]] Rule rule;
  [[no_unique_address]] Saved saved;
};

/// What a rule's pullback sees: operands and output as blocks, the adjoint of the output, and where to put
/// its own.
template <class N, Kind K>
class Pull {
 public:
  Pull(const N& node, Sweeper& sweeper, Sweeper::Adjoint adjoint)
      : node_(node), sweeper_(sweeper), adjoint_(adjoint) {}

  ScaledBlock adjoint() const {
    if constexpr (K == Kind::scalar)
      return {sweeper_.scalar_block(node_.output), 1.0};
    else
      return sweeper_.view(adjoint_, node_.rows);
  }
  template <std::size_t I>
  ConstBlock in() const {
    return std::get<I>(node_.in).block(sweeper_.core());
  }
  ConstBlock output() const {
    const TapeCore& core = sweeper_.core();
    if constexpr (K == Kind::array)
      return {node_.saved, node_.rows, core.columns(), core.half};
    else if (core.tangents > 0)
      return {core.scalars.block(node_.output), 1, core.columns(), core.half};
    else
      return {&node_.saved, 1, 1};
  }
  /// Whether a derivative flows into operand I.
  template <std::size_t I>
  bool wants() const {
    return std::get<I>(node_.in).id != 0;
  }
  /// The first column of operand I's adjoint that somebody will read.
  template <std::size_t I>
  Index first_asked() const {
    const auto& operand = std::get<I>(node_.in);
    return std::remove_cvref_t<decltype(operand)>::is_scalar ? 0 : sweeper_.first_asked(operand.id);
  }
  /// Calls contribute(block, into) on the adjoint of operand I, if it wants one.
  template <std::size_t I, class F>
  void add(const F& contribute) {
    const auto& operand = std::get<I>(node_.in);
    if (operand.id == 0) return;
    if constexpr (std::remove_cvref_t<decltype(operand)>::is_scalar) {
      contribute(sweeper_.scalar_block(operand.id), Into::accumulate);
    } else {
      Into into{};
      const Block block = sweeper_.writable(operand.id, operand.rows, into);
      contribute(block, into);
    }
  }
  /// Adds factor × the adjoint of the output to operand I, an array of the same size; without a copy where it
  /// can.
  template <std::size_t I>
  void pass(double factor = 1) {
    const auto& operand = std::get<I>(node_.in);
    if (operand.id != 0) sweeper_.add_scaled(operand.id, operand.rows, factor, adjoint_);
  }
  /// Memory of the size of operand I's adjoint, to be written; then `give` adds factor × it there, without a
  /// copy where it can.
  /// @{
  template <std::size_t I>
  Sweeper::Adjoint fresh() {
    return sweeper_.fresh(std::get<I>(node_.in).rows);
  }
  template <std::size_t I>
  void give(const Sweeper::Adjoint& made, double factor) {
    const auto& operand = std::get<I>(node_.in);
    if (operand.id != 0) sweeper_.add_scaled(operand.id, operand.rows, factor, made);
    sweeper_.drop(made, operand.rows);
  }
  /// @}
  Sweeper& sweeper() { return sweeper_; }

 private:
  const N& node_;
  Sweeper& sweeper_;
  Sweeper::Adjoint adjoint_;
};

template <class N, Kind K>
void pull_node(const Node& base, Sweeper& sweeper) {
  const N& node = static_cast<const N&>(base);
  if constexpr (K == Kind::scalar) {
    double* const seed = sweeper.scalar(node.output);
    double* const end = seed + sweeper.columns();
    if (std::all_of(seed, end, [](double s) { return s == 0; })) return;
    Pull<N, K> pull(node, sweeper, {});
    node.rule.pullback(pull);
    std::fill(seed, end, 0.0);
  } else {
    const Sweeper::Adjoint adjoint = sweeper.take(node.output);
    if (adjoint.buffer == nullptr) return;
    Pull<N, K> pull(node, sweeper, adjoint);
    node.rule.pullback(pull);
    sweeper.drop(adjoint, node.rows);
  }
}

}  // namespace unroll::ad
