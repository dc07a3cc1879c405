#pragma once

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

#include "unroll/derivative/checks.hpp"

namespace unroll {

/// What a `vjp` pulls back: a vector w ∈ R^n, or a function x_T ↦ w, ∇_x of an outer loss say, which is
/// called once, after the run, with the last iterate.
class Cotangent {
 public:
  /// A vector w, n.
  template <class D>
  Cotangent(const Eigen::MatrixBase<D>& w) : fixed_(w) {}  // NOLINT: implicit
  /// A function x_T ↦ w, n each.
  template <class F>
  requires(!std::is_base_of_v<Eigen::EigenBase<F>, F> &&
           std::is_invocable_r_v<Vector, const F&, const Vector&>) Cotangent(F at)
      : at_(std::move(at)) {}  // NOLINT: implicit

  /// Before a run. @throws ShapeError unless w, if it is known, has n entries, DomainError if one is not
  /// finite.
  void check(Index n) const {
    if (!at_) check_product("vjp", "cotangent", fixed_, n);
  }
  /// w at x_T. @throws likewise.
  Vector operator()(const Vector& x) const {
    if (!at_) return fixed_;
    Vector w = at_(x);
    check_product("vjp", "cotangent", w, x.size());
    return w;
  }

 private:
  Vector fixed_{};
  std::function<Vector(const Vector&)> at_{};
};

}  // namespace unroll
