#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>

#include "unroll/ad/dual_array.hpp"
#include "unroll/ad/plain.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/ad/unpack.hpp"
#include "unroll/ad/value_of.hpp"
#include "unroll/ad/var_array.hpp"
#include "unroll/problem/cost.hpp"
#include "unroll/problem/problem.hpp"

namespace unroll {

/// How the cotangents of a run's gradients are summed.
struct Gathering {
  VarVector zero;            // 0 ∈ R^n, added to every gradient: its cotangent is the sum
  bool passes_theta = true;  // whether θ, too, receives what reaches it through gradients
  bool* misses = nullptr;  // becomes true if a gradient is asked for at parameters that carry derivatives and
                           // are not the run's θ: its cotangent is not in the sum
};

/// What a run makes of the gradients that its steps ask for at the run's own θ.
template <class V>
struct RunContext {
  V theta;                                 // θ of the run
  std::shared_ptr<const Problem> given{};  // see GivenProblem; null if nothing is prepared
  V point{};                               // then (θ, π(θ))
  std::optional<Gathering> gathering{};    // on a tape, if wanted
};

/// ∂_xG at one (x, θ), by its products, and G: where a product came first, of the same evaluation.
struct LinearisedGradient {
  LinearMap derivative;
  std::function<Vector()> gradient;
};

namespace detail {
/// Whether b is a, or a copy of it.
template <class V>
bool is_same(const V& a, const V& b) {
  if (&a == &b) return true;
  if constexpr (std::is_same_v<V, Vector>)
    return a.size() == b.size() && ad::are_equal(a.data(), b.data(), a.size());
  else if constexpr (std::is_same_v<V, VarVector>)
    return a.core() == b.core() && a.id() == b.id() && a.buffer() == b.buffer();
  else
    return a.block().cols() == b.block().cols() && a.size() == b.size() &&
           ad::are_equal(a.block().data(), b.block().data(), a.block().size());
}

Vector oracle_gradient(const Problem&, Cost*, const Vector& x, const Vector& theta);
DualVector oracle_gradient(const Problem&, Cost*, const DualVector& x, const DualVector& theta);
VarVector oracle_gradient(const Problem&, Cost*, const VarVector& x, const VarVector& theta,
                          const Gathering* gathering = nullptr);
Vector oracle_gradient(const Problem&, Cost*, const Vector& x, const Vector& theta,
                       std::span<const Index> rows);
DualVector oracle_gradient(const Problem&, Cost*, const DualVector& x, const DualVector& theta,
                           std::span<const Index> rows);
VarVector oracle_gradient(const Problem&, Cost*, const VarVector& x, const VarVector& theta,
                          std::span<const Index> rows, const Gathering* gathering = nullptr);
Matrix oracle_hessian(const Problem&, Cost*, const Vector& x, const Vector& theta);
/// ∂_xG of the problem or its transpose as a map, which `apply` applies.
LinearMap derivative_map(const Problem&, ad::Side side, std::function<Matrix(const Matrix&)> apply);
LinearMap oracle_derivative(const Problem&, Cost*, const Vector& x, const Vector& theta, ad::Side side);
LinearisedGradient oracle_linearised(const Problem&, Cost*, const Vector& x, const Vector& theta);
Vector oracle_product(const Problem&, Cost*, const Vector& x, const Vector& theta, const Vector& v);
DualVector oracle_product(const Problem&, Cost*, const DualVector& x, const DualVector& theta,
                          const Vector& v);
VarVector oracle_product(const Problem&, Cost*, const VarVector& x, const VarVector& theta, const Vector& v);
double oracle_value(const Problem&, const Vector& x, const Vector& theta);
Dual oracle_value(const Problem&, const DualVector& x, const DualVector& theta);
Var oracle_value(const Problem&, const VarVector& x, const VarVector& theta);
}  // namespace detail

/// What a solver's step sees of a problem, over arrays V: `Vector`, `DualVector` (tangents come along) or
/// `VarVector` (the call is recorded). The gradient is a primitive: one node that keeps x_t and θ, with
/// pushforward H Ẋ + M Θ̇ and pullback (H w, Mᵀ w), from the problem's push_gradient and pull_gradient. No
/// tape of a tape is ever made. The problem, and the cost where counts are wanted, are held by reference and
/// must outlive the tape's sweeps.
template <class V>
class Oracle {
 public:
  /// Keeps references to the problem and to `cost`, to which each evaluation is added unless it is null.
  explicit Oracle(const Problem& problem, Cost* cost = nullptr) : problem_(&problem), cost_(cost) {}
  /// A problem that is gone after this line cannot be referred to: give it a name.
  template <std::derived_from<Problem> P>
  explicit Oracle(const P&& temporary, Cost* cost = nullptr)
      : Oracle(static_cast<const Problem&>(temporary), cost) {
    ad::refuse_temporary<P>();
  }
  /// And to what a run knows of them.
  Oracle(const Problem& problem, Cost* cost, const RunContext<V>& context)
      : problem_(&problem), cost_(cost), context_(&context) {}

  /// ∇_x f(x, θ), or a root's F(x, θ), n. Once differentiable on a tape: @throws UnsupportedError for third
  /// derivatives.
  V gradient(const V& x, const V& theta) const {
    if (!is_of_run(theta)) return elsewhere(x, theta);
    const bool is_given = context_->given != nullptr;
    return gathered(is_given ? *context_->given : *problem_, x, is_given ? context_->point : theta);
  }
  /// The same for x in blocks (ad/unpack.hpp), in which it comes back: of a state that consists of arrays a
  /// step asks f.gradient(s, theta).
  template <template <class> class Blocks>
  requires std::is_aggregate_v<Blocks<V>> Blocks<V> gradient(const Blocks<V>& x, const V& theta)
  const { return unpack(gradient(pack(x), theta), x); }
  /// The gradient of the mean over some rows of a finite sum (see FiniteSum), counted as one.
  /// @throws UnsupportedError if the problem is none, ShapeError if a row is not in 0 … m − 1, or none is
  /// given.
  V gradient(const V& x, const V& theta, std::span<const Index> rows) const {
    if (!is_of_run(theta)) return elsewhere(x, theta, rows);
    return gathered(*problem_, x, theta, rows);
  }
  /// f(x, θ).
  scalar_t<V> value(const V& x, const V& theta) const { return detail::oracle_value(*problem_, x, theta); }
  /// The problem behind it.
  const Problem& problem() const { return *problem_; }
  /// The same on plain arrays, for what a step decides on numbers alone (a line search, say): it counts here.
  Oracle<Vector> plain() const { return Oracle<Vector>(*problem_, cost_); }
  /// H(x, θ) v, n, or ∂_xF v, for a constant v. @throws UnsupportedError where x or θ carry derivatives,
  /// unless the problem has third_order; forwards, of a root, it takes n of them.
  V product(const V& x, const V& theta, const Vector& v) const {
    return detail::oracle_product(*problem_, cost_, x, theta, v);
  }
  /// H, or ∂_xF, at the numbers behind (x, θ), n×n, a constant; counted as n products.
  Matrix hessian(const V& x, const V& theta) const {
    return detail::oracle_hessian(*problem_, cost_, value_of(x), value_of(theta));
  }
  /// H, or ∂_xF, at the numbers behind (x, θ), n×n, or its transpose, by its products, each of which counts.
  LinearMap derivative(const V& x, const V& theta, ad::Side side = ad::Side::plain) const {
    return detail::oracle_derivative(*problem_, cost_, value_of(x), value_of(theta), side);
  }
  /// The same, with the gradient there, which counts when it is asked for.
  LinearisedGradient linearised(const V& x, const V& theta) const {
    const bool is_given = is_of_run(theta) && context_->given != nullptr;
    return detail::oracle_linearised(is_given ? *context_->given : *problem_, cost_, value_of(x),
                                     value_of(is_given ? context_->point : theta));
  }

 private:
  bool is_of_run(const V& theta) const {
    return context_ != nullptr && detail::is_same(theta, context_->theta);
  }
  template <class... Rows>
  V elsewhere(const V& x, const V& parameters, const Rows&... rows) const {
    if constexpr (std::is_same_v<V, VarVector>)
      if (context_ != nullptr && context_->gathering && !parameters.is_constant())
        *context_->gathering->misses = true;
    return detail::oracle_gradient(*problem_, cost_, x, parameters, rows...);
  }
  template <class... Rows>
  V gathered(const Problem& problem, const V& x, const V& parameters, const Rows&... rows) const {
    if constexpr (std::is_same_v<V, VarVector>)
      return detail::oracle_gradient(problem, cost_, x, parameters, rows...,
                                     context_->gathering ? &*context_->gathering : nullptr);
    else
      return detail::oracle_gradient(problem, cost_, x, parameters, rows...);
  }

  const Problem* problem_;
  Cost* cost_;
  const RunContext<V>* context_ = nullptr;
};

}  // namespace unroll
