#pragma once

#include <array>
#include <span>

#include "unroll/ad/dual_array.hpp"
#include "unroll/ad/rule_node.hpp"
#include "unroll/ad/var_array.hpp"
#include "unroll/error.hpp"

/// The door through which every array operation goes. A rule is a small trivially copyable struct, written in
/// the algebra of block.hpp, that knows neither tape nor dual numbers:
///
///   // bit j of entry i: the adjoint of operand j reads operand i
///   static constexpr std::array<unsigned, N> needed_for;
///   static constexpr bool reads_output;
///   // values, and tangents if there are any
///   void evaluate(ConstBlock in..., Block out) const;
///   // adjoints of the operands from p.adjoint(), see `Pull`
///   template <class P> void pullback(P& p) const;
///
/// `evaluate_rule` interprets it: on plain arrays, on duals, or on a tape, where the output is recorded with
/// exactly the operands that the pullback will read.
namespace unroll::ad {

template <class T>
concept TapedArray = std::is_base_of_v<VarArray, T>;
template <class T>
concept DualisedArray = std::is_base_of_v<DualArray, T>;
template <class T>
concept Taped = TapedArray<T> || std::is_same_v<T, Var>;
template <class T>
concept Dualised = DualisedArray<T> || std::is_same_v<T, Dual>;
/// A matrix expression of Eigen's, a piece of a vector, which derives from a Block's base, included.
template <class D>
void accepts_matrix(const Eigen::MatrixBase<D>&);
template <class T>
concept EigenMatrix = requires(const T& x) {
  accepts_matrix(x);
};
template <class T>
concept PlainArray = EigenMatrix<T> && std::is_same_v<typename T::Scalar, double>;

// ---- operands as blocks; plain and dual

template <class T>
ConstBlock block_of(const T& x) {
  if constexpr (PlainArray<T>)
    return {x.data(), x.size(), 1};
  else if constexpr (std::is_arithmetic_v<T>)
    return {&x, 1, 1};
  else
    return x.block();
}

/// What an operand brings to an operation, and whose its tangents are.
struct Perturbed {
  Perturbation perturbation;
  ConstBlock block;
};
template <class T>
Perturbed perturbed(const T& x) {
  if constexpr (Dualised<T>)
    return {x.perturbation(), x.block()};
  else
    return {0, block_of(x)};
}

/// The perturbation of what operands make. @throws UnsupportedError if tangents are of more than one
/// variable.
Perturbation common_perturbation(std::span<const Perturbed> operands);
template <class... In>
Perturbation perturbation_of(const In&... operands) {
  const Perturbation first = (perturbed(operands).perturbation | ...);  // of several the same, if they agree
  if (((perturbed(operands).perturbation == first) && ...)) return first;
  return common_perturbation(std::array{perturbed(operands)...});
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

template <class T>
Shape shape_of(const T& x) {
  if constexpr (requires { x.rows(); })
    return {x.rows(), x.cols()};
  else
    return {1, 1};
}
/// The columns that operands agree on. @throws ShapeError if they carry different numbers of tangents.
Index common_columns(std::initializer_list<Index> columns);

template <Kind K, class Rule, class... In>
auto evaluate_dual(const Rule& rule, Shape shape, const In&... in) {
  const Index columns = common_columns({block_of(in).cols()...}), half = half_of(block_of(in)...);
  const Perturbation perturbation = perturbation_of(in...);
  if constexpr (K == Kind::scalar) {
    FewNumbers y(columns);
    rule.evaluate(block_of(in)..., Block(y.data(), 1, columns, half));
    return Dual(std::move(y), half, perturbation);
  } else {
    Matrix y = fresh_block(shape.size(), columns);
    rule.evaluate(block_of(in)..., Block(y.data(), y.rows(), columns, half));
    return DualArray(shape, std::move(y), half, perturbation);
  }
}

// ---- tape

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

/// Writes the operand as a node keeps it, in its place: what is copied there would wait for its own stores.
/// `read` if the pullback will read its value.
template <class O, class T>
void put_operand(O& operand, TapeCore& core, const T& x, bool read) {
  operand.id = id_of(x);
  if constexpr (O::is_scalar) {
    operand.value = block_of(x)(0, 0);
  } else {
    operand.rows = static_cast<std::uint32_t>(x.size());
    if constexpr (std::is_same_v<O, ArrayOperand>) {
      operand.data = nullptr;
      if (!read) return;
      if constexpr (TapedArray<T>) {
        if (x.core() != nullptr) {  // whose recording it is has been checked
          x.retain();
          operand.data = x.buffer()->data;
          return;
        }
      }
      operand.data = core.keep_copy(block_of(x).data(), operand.rows);
    }
  }
}

template <class T>
LoggedOperand logged(const T& x) {
  if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, Var>)
    return {id_of(x), true, 1, block_of(x)(0, 0)};
  else
    return {id_of(x), false, x.size(), 0};
}
/// A text that names the type.
template <class Rule>
const char* type_of_rule() {
  return __PRETTY_FUNCTION__;
}

template <Kind K, class Rule, std::size_t... I, class... In>
void record(TapeCore& core, const Rule& rule, Id output, std::size_t rows, const double* value,
            std::index_sequence<I...>, const In&... in) {
  using N = RuleNode<Rule, K, OperandOf<In, Rule::needed_for[I] != 0>...>;
  const unsigned active = (0U | ... | (id_of(in) != 0 ? 1U << I : 0U));
  core.push_node<N>(output, rows, [&](void* memory) {
    N* const node = new (memory) N{{&pull_node<N, K>, 0, 0, 0, 0}, {}, rule, {}};
    (put_operand(std::get<I>(node->in), core, in, (Rule::needed_for[I] & active) != 0), ...);
    if constexpr (Rule::reads_output) {
      if constexpr (K == Kind::scalar)
        node->saved = *value;
      else
        node->saved = value;
    }
    return node;
  });
  if (core.log != nullptr) [[unlikely]] {
    const std::array<LoggedOperand, sizeof...(In)> operands{logged(in)...};
    core.log->recorded(type_of_rule<Rule>(), K == Kind::scalar, output, rows, value, operands);
  }
}

/// All operands must belong to one recording. Its core, or null if none of them belongs to any.
template <class... In>
TapeCore* common_core(const char* operation, const In&... in) {
  TapeCore* core = nullptr;
  const auto visit = [&core, operation](const auto& x) {
    TapeCore* const own = core_of(x);
    if (own == nullptr) return;
    if (core != nullptr && core != own) TapeCore::throw_foreign(operation);
    core = own;
  };
  (visit(in), ...);
  return core;
}

/// Of operands that belong to no tape.
template <class Rule, class... In>
[[gnu::noinline]] VarArray evaluate_constant(const Rule& rule, Shape shape, const In&... in) {
  const Matrix y = evaluate_plain<Kind::array>(rule, shape, in...);
  return {y.data(), shape};
}

template <Kind K, class Rule, class... In>
auto evaluate_taped(const Rule& rule, Shape shape, const In&... in) {
  TapeCore* const core = common_core(type_of_rule<Rule>(), in...);
  const bool active = (false || ... || (id_of(in) != 0));
  constexpr auto indices = std::index_sequence_for<In...>{};
  if constexpr (K == Kind::scalar) {
    if (!active) return Var(evaluate_plain<K>(rule, shape, in...));
    double y = 0;
    const Id id = core->scalars.push_empty();
    double* const value = core->tangents == 0 ? &y : core->scalars.block(id);
    rule.evaluate(block_of(in)..., Block(value, 1, core->columns(), core->half));
    record<K>(*core, rule, id, 1, value, indices, in...);
    return Var(core, id, *value);
  } else {
    if (core == nullptr) return evaluate_constant(rule, shape, in...);
    const Index columns = active ? core->columns() : 1;
    Buffer* const buffer = core->allocate(static_cast<std::size_t>(shape.size() * columns));
    VarArray result(core, buffer, active ? core->new_array() : 0, shape);
    rule.evaluate(block_of(in)..., Block(buffer->data, shape.size(), columns, columns > 1 ? core->half : 0));
    if (active) {
      if constexpr (Rule::reads_output) result.retain();
      record<K>(*core, rule, result.id(), static_cast<std::size_t>(shape.size()), buffer->data, indices,
                in...);
    }
    return result;
  }
}

/// A plain array without its type.
using PlainView = Eigen::Map<const Matrix>;
/// An operand without the distinction of vector and matrix, so that a rule is compiled once for both.
template <class T>
decltype(auto) erased(const T& x) {
  if constexpr (TapedArray<T>)
    return static_cast<const VarArray&>(x);
  else if constexpr (DualisedArray<T>)
    return static_cast<const DualArray&>(x);
  else if constexpr (PlainArray<T>)
    return PlainView(x.data(), x.rows(), x.cols());
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
