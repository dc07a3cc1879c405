#pragma once

#include "unroll/problem/problem.hpp"

namespace unroll {

/// Stands for the problem where a solver's step needs none: a fixed-point iteration x_{t+1} = Φ(x_t, θ) with
/// x ∈ R^n, θ ∈ R^p. Whatever asks for the objective is told that there is none.
class NoObjective final : public Problem {
 public:
  /// @throws ShapeError unless n ≥ 1 and p ≥ 0.
  NoObjective(Index n, Index p);

  Index dimension() const override { return n_; }
  Index parameters() const override { return p_; }
  bool has_objective() const override { return false; }
  /// @throws UnsupportedError always, as do the three below.
  double value(const Vector&, const Vector&) const override;
  Vector gradient(const Vector&, const Vector&) const override;
  SecondOrder second_order(const Vector&, const Vector&, const Matrix&, const Matrix&) const override;
  Vector parameter_gradient(const Vector&, const Vector&) const override;

 private:
  Index n_, p_;
};

}  // namespace unroll
