#pragma once

#include <functional>
#include <utility>

#include "unroll/solver/schedule.hpp"
#include "unroll/solver/solver.hpp"

namespace unroll {

/// On a quadratic a first-order method has a *residual polynomial* P_t of degree t with P_t(0) = 1:
/// x_t − x* = P_t(H)(x_0 − x*). P_{t+1} follows from its predecessors by linear combinations and
/// multiplications by λ, so the same recurrence advances whatever is linear in P: its values, its derivative,
/// its divided differences, each a column of a block. `times_lambda` multiplies by λ on such a block
/// (polynomial_block.hpp).
using TimesLambda = std::function<Matrix(const Matrix& block)>;

/// Advances a block from P_t to P_{t+1}; called once for each t = 0, 1, …, in order. Copies go on
/// independently.
using Recurrence = std::function<void(Matrix& block, const TimesLambda& times_lambda)>;

/// P_{t+1} = P_t + m (P_t − P_{t−1}) − h λ Q_t with Q_t = P_t + e (P_t − P_{t−1}) and P_{−1} = P_0; m, e, h
/// the method's momentum, extrapolation and step size at t.
class MomentumRecurrence {
 public:
  /// `coefficients(t)` are the method's at step t.
  explicit MomentumRecurrence(std::function<MomentumCoefficients(Index)> coefficients);
  /// From t to t + 1.
  void operator()(Matrix& block, const TimesLambda& times_lambda);

 private:
  std::function<MomentumCoefficients(Index)> coefficients_;
  Index t_ = 0;
  Matrix previous_;  // of the block's shape, empty at t = 0
};

/// The recurrence of a linear method. Overload it for a method of another form to give it the whole of
/// theory/.
/// @throws what the method's check() throws.
template <LinearMethod M>
Recurrence residual_recurrence(const M& method) {
  check_solver(method);
  return MomentumRecurrence([method](Index t) { return method.coefficients(t); });
}

/// A method that has a residual polynomial.
template <class M>
concept PolynomialMethod = requires(const M& method) {
  { residual_recurrence(method) } -> std::convertible_to<Recurrence>;
};

}  // namespace unroll
