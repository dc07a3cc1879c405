#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "derivative/run/last_step.hpp"
#include "unroll/derivative/implicit.hpp"

namespace unroll::detail {

/// How kinks are looked for: with one tangent alone, what jumps might be orthogonal to it.
/// @{
inline constexpr Index tangents_for_kinks = 3;
inline constexpr double least_reach = 1e-9;
/// @}

/// The last step of a run that has ended as a map Φ of the arrays and scalars of the state that it makes, M
/// entries, stacked; those that it carries are constants, which depend on θ through the first step.
/// @throws UnsupportedError as LastStep::next, or if an array of the iterate is carried.
class FixedPoint {
 public:
  explicit FixedPoint(Steps& steps) : FixedPoint(steps, LastStep::next(steps)) {}
  /// Of a step elsewhere.
  FixedPoint(Steps& steps, std::unique_ptr<LastStep> step);

  Index size() const { return static_cast<Index>(made_.size()); }  // M
  /// The row of x's first entry.
  Index x() const;
  /// By how much the step moved the state, M.
  Vector moved() const { return of(step_->segment.state_outputs().value() - step_->state); }
  /// Whether the step moved nothing by more than rounding.
  bool rests() const;
  /// The step one further on: what derivatives change on the way there, they change by no more than 1/(1 − q)
  /// times that on the way to s*. The steps are where it starts, until `stand` brings them back to where Φ
  /// does. Null where it is refused, or gives x back as it is.
  /// @{
  std::unique_ptr<FixedPoint> further() const;
  void stand() const;
  /// @}
  /// ∂_sΦ Ṡ + ∂_θΦ Θ̇, M×k, with what Θ̇ makes of the carried arrays; an empty Θ̇ is zero. The steps must be
  /// where Φ starts.
  Matrix push(const Matrix& state_dot, const Matrix& theta_dot) const {
    return push_as(step_->t, state_dot, theta_dot);
  }
  /// The same of the step that is taken as number t.
  Matrix push_as(Index t, const Matrix& state_dot, const Matrix& theta_dot) const;
  /// The rows of ∂_sΦ that are not zero, by one product: a prox, a projection or a bound holds all others
  /// where they are. Nothing if all are. @throws UnsupportedError where that product contradicts the
  /// pullback, wᵀ(∂_sΦ v) ≠ (∂_sΦᵀw)ᵀv.
  std::optional<std::vector<Index>> active() const;
  /// The rows of the state, N, whose products with ∂Φ are not the same on both sides: at states and θ whose
  /// entries are displaced by ± `least_reach` times max(1, |s_i|), or `reach`, and |θ_i|, they differ by more
  /// than a hundredth, by a tenth where `reach` is long, and not by about half of that at half of it: there Φ
  /// has a kink, or bends as much. Where f is not defined at such a θ only the state is displaced; where it
  /// is not there either, nothing is seen. `tangents_for_kinks` products on each side.
  std::vector<Index> kinks(double reach) const;
  /// What may have made I − ∂_sΦ singular.
  std::string why_singular() const;
  /// Of rows for the whole state, N×k, those that the step makes, M×k.
  Matrix of(const Matrix& whole) const { return whole(made_, Eigen::all); }
  /// ∂_sΦᵀ W, M×k.
  Matrix pull(const Matrix& w) const { return swept(of_state_, w).state(made_, Eigen::all); }
  /// ∂_θΦᵀ W, p×k, with what was prepared and the carried arrays pulled back to θ.
  Matrix pull_to_theta(const Matrix& w) const;

 private:
  /// Of the iterate's rows that the steps carry. @throws UnsupportedError if they are passed on, or depend on
  /// θ. (One of which f knows nothing makes the equation singular, and that is said there.)
  void check_iterate(const std::vector<Segment::Rows>& carried) const;
  Cotangents swept(const Segment& segment, const Matrix& w) const;
  Vector weights() const { return Vector::LinSpaced(size(), 1, 2); }

  Steps& steps_;
  std::unique_ptr<LastStep> step_;
  Segment of_state_{1, Segment::Towards::state};  // the same step: what is asked for often owes θ nothing
  Vector pulled_;                                 // ∂_sΦᵀ of weights()
  std::vector<Segment::Rows> relevant_;           // what is carried and read by the step
  std::vector<Index> made_;
};

/// (I − ∂_sΦ) ∂s = ∂_θΦ of a map in R^n. Products with transposes pull cotangents back through one recording
/// of the step, the others push tangents through it.
ImplicitEquation fixed_point_equation(std::shared_ptr<const FixedPoint> map, Index n, Index p);

}  // namespace unroll::detail
