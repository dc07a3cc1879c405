#pragma once

#include <array>
#include <tuple>

#include "unroll/ad/dual.hpp"
#include "unroll/ad/sweeper.hpp"
#include "unroll/ad/var.hpp"
#include "unroll/ad/var_array.hpp"
#include "unroll/error.hpp"

/// The door through which every array operation goes. A rule is a small trivially copyable struct
///
///   static constexpr std::array<unsigned, N> needed_for;  // bit j of entry i: the adjoint of operand j
///   reads operand i static constexpr bool reads_output; void evaluate(ConstBlock in..., Block out) const; //
///   values, and tangents if there are any template <class P> void pullback(P& p) const;         // adjoints
///   of the operands from p.adjoint(), see `Pull`
///
/// written in the algebra of block.hpp, and knows neither tape nor dual numbers. `evaluate_rule` interprets
/// it: on plain arrays, on duals, or on a tape, where the output is recorded with exactly the operands that
/// the pullback will read.
namespace unroll::ad {

enum class Kind { scalar, array };

template <class T>
concept TapedArray = std::is_base_of_v<VarArray, T>;
template <class T>
concept Taped = TapedArray<T> || std::is_same_v<T, Var>;
template <class T>
concept Dualised = std::is_base_of_v<DualArray, T> || std::is_same_v<T, Dual>;
template <class T>
concept PlainArray = std::is_base_of_v<Eigen::MatrixBase<T>, T> && std::is_same_v<typename T::Scalar, double>;
template <class T>
concept Plain = PlainArray<T> || std::is_arithmetic_v<T>;

// ---- plain and dual
// ---------------------------------------------------------------------------------------------

template <Plain T>
ConstBlock block_of(const T& x) {
  if constexpr (PlainArray<T>)
    return {x.data(), x.size(), 1};
  else
    return {&x, 1, 1};
}
template <Dualised T>
ConstBlock block_of(const T& x) {
  return x.block();
}

template <Kind K, class Rule, class... In>
auto evaluate_plain(const Rule& rule, Shape shape, const In&... in) {
  if constexpr (K == Kind::scalar) {
    double y = 0;
    rule.evaluate(block_of(in)..., Block(&y, 1, 1));
    return y;
  } else {
    Matrix y(shape.rows, shape.cols);
    rule.evaluate(block_of(in)..., Block(y.data(), y.size(), 1));
    return y;
  }
}

/// The columns that operands agree on. @throws ShapeError if they carry different numbers of tangents.
Index common_columns(std::initializer_list<Index> columns);

template <Kind K, class Rule, class... In>
auto evaluate_dual(const Rule& rule, Shape shape, const In&... in) {
  const Index columns = common_columns({block_of(in).cols()...});
  if constexpr (K == Kind::scalar) {
    Eigen::RowVectorXd y(columns);
    rule.evaluate(block_of(in)..., Block(y.data(), 1, columns));
    return Dual(std::move(y));
  } else {
    Matrix y(shape.size(), columns);
    rule.evaluate(block_of(in)..., Block(y.data(), y.rows(), columns));
    return DualArray(shape, std::move(y));
  }
}

// ---- tape
// -------------------------------------------------------------------------------------------------------

/// What a node keeps of an array: its id, its size, and its value if the pullback reads it.
struct ArrayOperand {
  static constexpr bool is_scalar = false;
  Id id;
  std::uint32_t rows;
  const double* data;
  ConstBlock block(const TapeCore& core) const { return {data, rows, id == 0 ? 1 : core.columns()}; }
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
    if (id != 0 && core.tangents > 0) return {core.scalars.block(id), 1, core.columns()};
    return {&value, 1, 1};
  }
};

template <class T, bool read>
using OperandOf = std::conditional_t<std::is_same_v<T, Var> || std::is_arithmetic_v<T>, ScalarOperand,
                                     std::conditional_t<read, ArrayOperand, UnreadOperand>>;

struct SavedValue {
  const double* data = nullptr;
  ConstBlock block(const Node& node, const TapeCore& core) const { return {data, node.rows, core.columns()}; }
};
struct SavedScalar {
  double value = 0;
  ConstBlock block(const Node& node, const TapeCore& core) const {
    if (core.tangents > 0) return {core.scalars.block(node.output), 1, core.columns()};
    return {&value, 1, 1};
  }
};
struct NothingSaved {};

template <class Rule, Kind K, class... Operand>
struct RuleNode : Node {
  using Saved = std::conditional_t<!Rule::reads_output, NothingSaved,
                                   std::conditional_t<K == Kind::scalar, SavedScalar, SavedValue>>;
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
      return {{sweeper_.scalar(node_.output), 1, sweeper_.columns()}, 1.0};
    else
      return sweeper_.view(adjoint_, node_.rows);
  }
  template <std::size_t I>
  ConstBlock in() const {
    return std::get<I>(node_.in).block(sweeper_.core());
  }
  ConstBlock output() const { return node_.saved.block(node_, sweeper_.core()); }
  /// Whether a derivative flows into operand I.
  template <std::size_t I>
  bool wants() const {
    return std::get<I>(node_.in).id != 0;
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
    Block seed = sweeper.scalar_block(node.output);
    if ((seed.array() == 0).all()) return;
    Pull<N, K> pull(node, sweeper, {});
    node.rule.pullback(pull);
    seed.setZero();
  } else {
    const Sweeper::Adjoint adjoint = sweeper.take(node.output);
    if (adjoint.buffer == nullptr) return;
    Pull<N, K> pull(node, sweeper, adjoint);
    node.rule.pullback(pull);
    sweeper.drop(adjoint, node.rows);
  }
}

template <class T>
TapeCore* core_of(const T& x) {
  if constexpr (Taped<T>)
    return x.core();
  else
    return nullptr;
}
template <class T>
Id id_of(const T& x) {
  if constexpr (Taped<T>)
    return x.id();
  else
    return 0;
}
template <Taped T>
ConstBlock block_of(const T& x) {
  if constexpr (TapedArray<T>) {
    return x.block();
  } else {
    x.check("array operation");
    if (x.id() != 0 && x.core()->tangents > 0)
      return {x.core()->scalars.block(x.id()), 1, x.core()->columns()};
    return {&x.primal(), 1, 1};
  }
}

/// The operand as a node keeps it; `read` if the pullback will read its value.
template <class O, class T>
O operand_of(TapeCore& core, const T& x, bool read) {
  if constexpr (std::is_same_v<O, ScalarOperand>) {
    return {block_of(x)(0, 0), id_of(x)};
  } else {
    const auto rows = static_cast<std::uint32_t>(x.size());
    if constexpr (std::is_same_v<O, UnreadOperand>) {
      return {id_of(x), rows};
    } else {
      const double* data = nullptr;
      if (read) {
        if constexpr (TapedArray<T>) {
          if (x.core() != nullptr) {
            x.retain();
            data = x.block().data();
          }
        }
        if (data == nullptr) data = core.keep_copy(block_of(x).data(), rows);
      }
      return {id_of(x), rows, data};
    }
  }
}

template <Kind K, class Rule, std::size_t... I, class... In>
void record(TapeCore& core, const Rule& rule, Id output, std::size_t rows, const double* value,
            std::index_sequence<I...>, const In&... in) {
  using N = RuleNode<Rule, K, OperandOf<In, Rule::needed_for[I] != 0>...>;
  const unsigned active = (0U | ... | (id_of(in) != 0 ? 1U << I : 0U));
  core.push_node<N>(output, rows, [&](void* memory) {
    N* const node = new (memory) N{{&pull_node<N, K>, 0, 0, 0, 0},
                                   {operand_of<OperandOf<In, Rule::needed_for[I] != 0>>(
                                       core, in, (Rule::needed_for[I] & active) != 0)...},
                                   rule,
                                   {}};
    if constexpr (Rule::reads_output) {
      if constexpr (K == Kind::scalar)
        node->saved.value = *value;
      else
        node->saved.data = value;
    }
    return node;
  });
}

/// All operands must belong to one recording. Its core, or null if none of them belongs to any.
template <class... In>
TapeCore* common_core(const In&... in) {
  TapeCore* core = nullptr;
  const auto visit = [&core](const auto& x) {
    TapeCore* const own = core_of(x);
    if (own == nullptr) return;
    if (core != nullptr && core != own) TapeCore::throw_foreign("array operation");
    core = own;
  };
  (visit(in), ...);
  return core;
}

/// Of operands that belong to no tape.
template <class Rule, class... In>
[[gnu::noinline]] VarArray evaluate_constant(const Rule& rule, Shape shape, const In&... in) {
  Matrix y(shape.rows, shape.cols);
  rule.evaluate(block_of(in)..., Block(y.data(), y.size(), 1));
  return {y.data(), shape};
}

template <Kind K, class Rule, class... In>
auto evaluate_taped(const Rule& rule, Shape shape, const In&... in) {
  TapeCore* const core = common_core(in...);
  const bool active = (false || ... || (id_of(in) != 0));
  constexpr auto indices = std::index_sequence_for<In...>{};
  if constexpr (K == Kind::scalar) {
    double y = 0;
    if (!active) {
      rule.evaluate(block_of(in)..., Block(&y, 1, 1));
      return Var(y);
    }
    if (core->tangents == 0) {
      rule.evaluate(block_of(in)..., Block(&y, 1, 1));
      const Id id = core->scalars.push_empty(1);
      record<K>(*core, rule, id, 1, &y, indices, in...);
      return Var(core, id, y);
    }
    Eigen::RowVectorXd values(core->columns());
    rule.evaluate(block_of(in)..., Block(values.data(), 1, values.size()));
    const Id id = core->scalars.push_empty(1);
    std::copy_n(values.data(), values.size(), core->scalars.block(id));
    record<K>(*core, rule, id, 1, values.data(), indices, in...);
    return Var(core, id, values(0));
  } else {
    if (core == nullptr) return evaluate_constant(rule, shape, in...);
    const Index columns = active ? core->columns() : 1;
    Buffer* const buffer = core->allocate(static_cast<std::size_t>(shape.size() * columns));
    VarArray result(core, buffer, active ? core->new_array() : 0, shape);
    rule.evaluate(block_of(in)..., Block(buffer->data, shape.size(), columns));
    if (active) {
      if constexpr (Rule::reads_output) result.retain();
      record<K>(*core, rule, result.id(), static_cast<std::size_t>(shape.size()), buffer->data, indices,
                in...);
    }
    return result;
  }
}

/// An operand without the distinction of vector and matrix, so that a rule is compiled once for both.
template <class T>
decltype(auto) erased(const T& x) {
  if constexpr (TapedArray<T>)
    return static_cast<const VarArray&>(x);
  else if constexpr (std::is_base_of_v<DualArray, T>)
    return static_cast<const DualArray&>(x);
  else if constexpr (PlainArray<T>)
    return Eigen::Map<const Matrix>(x.data(), x.rows(), x.cols());
  else
    return (x);
}

/// Evaluates a rule on operands of one world, plain, dual or taped, into a scalar or array of that world.
template <Kind K, class Rule, class... In>
auto evaluate_rule(const Rule& rule, Shape shape, const In&... in) {
  static_assert(!((Taped<In> || ...) && (Dualised<In> || ...)), "an operation mixes taped and dual operands");
  if constexpr ((Taped<In> || ...))
    return evaluate_taped<K>(rule, shape, erased(in)...);
  else if constexpr ((Dualised<In> || ...))
    return evaluate_dual<K>(rule, shape, erased(in)...);
  else
    return evaluate_plain<K>(rule, shape, erased(in)...);
}
template <class Rule, class... In>
auto evaluate_scalar(const Rule& rule, const In&... in) {
  return evaluate_rule<Kind::scalar>(rule, Shape{1, 1}, in...);
}
/// Into the array type that is wanted, a vector or a matrix.
template <class Result, class Rule, class... In>
Result evaluate_array(const Rule& rule, Shape shape, const In&... in) {
  return Result(evaluate_rule<Kind::array>(rule, shape, in...));
}

}  // namespace unroll::ad
