#pragma once

#include <optional>

#include "unroll/solver/solver.hpp"
#include "unroll/theory/recurrence.hpp"

namespace unroll {

namespace detail {

/// The problem whose ∇f(x) is λx on blocks laid out column by column. It is the gradient of no f, as A below
/// is not symmetric.
class BlockProblem final : public Problem {
 public:
  /// Keeps a reference to times_lambda.
  BlockProblem(const TimesLambda& times_lambda, Index rows, Index cols, Index parameters)
      : times_lambda_(times_lambda), rows_(rows), cols_(cols), parameters_(parameters) {}
  Index dimension() const override { return rows_ * cols_; }
  Index parameters() const override { return parameters_; }
  Vector gradient(const Vector& x, const Vector& theta) const override;
  /// @throws UnsupportedError, as does the next: the iterates of a solver that asks are not linear in x_0.
  double value(const Vector&, const Vector&) const override;
  SecondOrder second_order(const Vector&, const Vector&, const Matrix&, const Matrix&) const override;

 private:
  const TimesLambda& times_lambda_;
  Index rows_, cols_, parameters_;
};

/// f(x) = ½(x − c)ᵀH(x − c) with given eigenvalues, in a basis and with a minimiser c that no solver was made
/// for. Whether a solver has the residual polynomial P_t shows in x_t − c = P_t(H)(x_0 − c).
class Witness final : public Problem {
 public:
  Witness(const Vector& eigenvalues, Index parameters);
  Index dimension() const override { return eigenvalues_.size(); }
  Index parameters() const override { return parameters_; }
  double value(const Vector& x, const Vector& theta) const override;
  Vector gradient(const Vector& x, const Vector& theta) const override;
  SecondOrder second_order(const Vector&, const Vector&, const Matrix& x_dot,
                           const Matrix& theta_dot) const override;

  /// x_0: c + r, or, far away on the other side, c − 1000 r.
  Vector start() const;
  Vector far_start() const;
  /// @throws UnsupportedError, with the reason, if the t-th iterates from the two starts differ from what P_t
  /// makes of them by more than 1e-6 of the most that P_0 … P_t make.
  void check(const Vector& x, const Vector& far_x, const Vector& polynomial, Index t);

 private:
  static constexpr double far = -1000;
  Vector in_basis(const Vector& v) const;

  Vector eigenvalues_, normal_, minimiser_,
      direction_;  // n; the basis is the reflection I − 2 normal normalᵀ
  Index parameters_;
  double largest_ = 1;
};

template <class S>
class ProbedRecurrence {
 public:
  ProbedRecurrence(S solver, Vector theta) : solver_(std::move(solver)), theta_(std::move(theta)) {}

  void operator()(Matrix& block, const TimesLambda& times_lambda) {
    if (!runs_) {
      const Witness witness(times_lambda(block).col(0), theta_.size());
      runs_ = {witness, initial_state(solver_, Vector(block.reshaped()), theta_),
               initial_state(solver_, witness.start(), theta_),
               initial_state(solver_, witness.far_start(), theta_)};
    }
    const BlockProblem problem(times_lambda, block.rows(), block.cols(), theta_.size());
    advance(problem, runs_->block);
    block = runs_->block.x.reshaped(block.rows(), block.cols());
    advance(runs_->witness, runs_->near);
    advance(runs_->witness, runs_->far);
    runs_->witness.check(runs_->near.x, runs_->far.x, block.col(0), ++t_);
  }

 private:
  using SolverState = StateOf<S, Vector>;
  struct Runs {
    Witness witness;
    SolverState block, near, far;
  };
  void advance(const Problem& problem, SolverState& state) const {
    state = solver_.step(Oracle<Vector>(problem), std::as_const(state), theta_, t_);
  }

  S solver_;
  Vector theta_;  // p
  std::optional<Runs> runs_;
  Index t_ = 0;
};

}  // namespace detail

/// The recurrence of a solver whose polynomial nobody derived, by running the solver itself. P_t(A) of
/// A = [[λ, 1], [0, μ]] is [[P_t(λ), P_t[λ,μ]], [0, P_t(μ)]] (Higham 2008, theorem 3.6), so a solver that
/// runs with a block (polynomial_block.hpp) as its iterate and multiplication by λ as its gradient advances
/// the block as the recurrence derived by hand would:
///   ClosedForm(problem, probed_recurrence(solver, theta), x0, theta), ResidualPolynomial(…), …
/// `theta` is what the solver's step sees as θ; step sizes that it computes from it are frozen. The step must
/// not fix the number of variables.
/// Beside the block the solver runs on a quadratic of the same eigenvalues, in another basis and around
/// another minimiser, from two starts. The recurrence, when it advances: @throws UnsupportedError, with the
/// reason, where the solver has no residual polynomial: its step is not linear in x, treats coordinates
/// differently, moves away from the minimiser, or asks for more than gradients.
template <class S>
Recurrence probed_recurrence(const S& solver, const Vector& theta = {}) {
  if constexpr (require_solver<S, Vector>()) {
    check_solver(solver);
    return detail::ProbedRecurrence<S>(solver, theta);
  }
}

}  // namespace unroll
