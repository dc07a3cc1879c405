#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "unroll/ad/gradient.hpp"

/// One checker for every rule. A rule is given as a generic function of one to three arrays, `Vector` or
/// `Matrix`, and is evaluated on plain, dual and taped operands, with every choice of which operands are
/// constants:
///   values          agree in the three worlds;
///   tangents        are central differences, k at once, and are the same on a tape that carries them;
///   duality         ⟨ȳ, J ẋ⟩ = ⟨Jᵀ ȳ, ẋ⟩ to rounding, for several seeds in one sweep;
///   accumulation    3/2 f − 1/2 f has the adjoint of f: scaled, shared and added adjoints;
///   second order    the sweep of a tape with tangents is a central difference of sweeps, and linear in its
///   seeds;
///   third order     the derivative of that along a further direction, seeds moving too, likewise.
namespace unroll::test {

struct RuleOptions {
  bool second_order = true;
  bool third_order = true;  // where there is a second
  bool symmetric = false;   // changes of a square matrix are symmetric
};

/// A rule with its types erased, which refers to it: operands as matrices, results as blocks, size × (1 + k),
/// or as one node of a tape.
struct ErasedRule {
  struct Node {
    VarArray array;
    Var scalar;
    bool is_scalar;
  };
  std::vector<Matrix> at;
  const void* f;  // which these take: a std::function would be compiled for every rule
  Matrix (*of_plain)(const void* f, const std::vector<Matrix>& in);
  Matrix (*of_dual)(const void* f, const std::vector<DualArray>& in);
  Node (*of_taped)(const void* f, const std::vector<VarArray>& in);

  Matrix plain(const std::vector<Matrix>& in) const { return of_plain(f, in); }
  Matrix dual(const std::vector<DualArray>& in) const { return of_dual(f, in); }
  Node taped(const std::vector<VarArray>& in) const { return of_taped(f, in); }
};

/// What is wrong with the rule, a line each; empty if nothing is.
std::string failures(const ErasedRule& rule, const RuleOptions& options);

namespace rule {

template <class X>
using VarOf = std::conditional_t<X::ColsAtCompileTime == 1, VarVector, VarMatrix>;
template <class X>
using DualOf = std::conditional_t<X::ColsAtCompileTime == 1, DualVector, DualMatrix>;

template <class T>
Matrix block_of_result(const T& y) {
  if constexpr (std::is_arithmetic_v<T>)
    return Matrix::Constant(1, 1, y);
  else if constexpr (std::is_same_v<T, Dual> || ad::DualisedArray<T>)
    return y.block();
  else
    return y.reshaped();
}
template <class T>
ErasedRule::Node node_of(const T& y) {
  if constexpr (ScalarExpression<T>)
    return {{}, Var(y), true};
  else
    return {ad::array_t<T>(y), {}, false};
}

template <class F, class... X, std::size_t... I>
ErasedRule erased(const F& f, std::index_sequence<I...>, const X&... at) {
  std::vector<Matrix> operands;
  (operands.push_back(at), ...);
  return {std::move(operands), std::addressof(f),
          [](const void* of, const std::vector<Matrix>& in) -> Matrix {
            const F& rule = *static_cast<const F*>(of);
            using Result = decltype(rule(std::declval<const X&>()...));
            if constexpr (std::is_arithmetic_v<Result> ||
                          std::is_base_of_v<Eigen::PlainObjectBase<Result>, Result>)
              return block_of_result(rule(X(in[I])...));
            else  // Eigen's own lazy expression, which may refer to temporaries that are gone: duals without
                  // tangents
              return block_of_result(rule(DualOf<X>(X(in[I]))...));
          },
          [](const void* of, const std::vector<DualArray>& in) -> Matrix {
            return block_of_result((*static_cast<const F*>(of))(DualOf<X>(in[I])...));
          },
          [](const void* of, const std::vector<VarArray>& in) {
            return node_of((*static_cast<const F*>(of))(VarOf<X>(in[I])...));
          }};
}

}  // namespace rule

template <class F, class... X>
std::string rule_failures(const RuleOptions& options, const F& f, const X&... at) {
  return failures(rule::erased(f, std::index_sequence_for<X...>{}, at...), options);
}
template <class F, class... X>
void check_rule(const RuleOptions& options, const F& f, const X&... at) {
  CHECK(rule_failures(options, f, at...) == "");
}
template <class F, class... X>
requires(!std::is_same_v<F, RuleOptions>) void check_rule(const F& f, const X&... at) {
  check_rule(RuleOptions{}, f, at...);
}

/// Standard normal entries.
Matrix matrix_point(Index rows, Index cols, unsigned seed = 9);
/// Entries of order 1, none near 0.
Vector point(Index size, unsigned seed = 7);
Vector positive_point(Index size, unsigned seed = 8);

}  // namespace unroll::test
