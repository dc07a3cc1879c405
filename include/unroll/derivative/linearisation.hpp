#pragma once

#include <optional>

#include "unroll/derivative/result.hpp"
#include "unroll/derivative/seeds.hpp"
#include "unroll/derivative/steps_of.hpp"

namespace unroll {

/// Cotangents pulled back through a run.
struct Pullback {
  Matrix theta{};  // p×s: ∂x(θ)ᵀ W, total, through the steps and through x_0(θ)
  Matrix start{};  // n×s: (∂x/∂x_0)ᵀ W; empty where it was not asked for
};

/// What will be asked of a linearisation, as far as it helps to know it before the run.
struct Wanted {
  Index columns = 1;       // of cotangents at a time
  bool start = true;       // whether derivatives in x_0 are wanted where they cost something
  bool certifies = false;  // whether pullbacks will be certified: then what that takes is kept
};

/// What a pullback knows of its adjoint equation H λ = w at x_T.
struct AdjointEstimate {
  Matrix w;       // n×s
  Matrix lambda;  // n×s, λ ≈ H⁻¹w: −Σ_t of the cotangents that the gradients received
  std::optional<SecondOrder> product{};  // H λ and Mᵀ λ, once they have been asked for
};

/// A run as a linear map, x_T ≈ x_T(θ) + ∂x_T (θ' − θ), by one of the ways to differentiate it (methods.hpp).
/// The run is taken when it is first needed, and products share it where the method can keep it; each may be
/// asked any number of times. All products: @throws what the solver's step throws.
class Linearisation {
 public:
  explicit Linearisation(detail::StepsPtr steps, const Wanted& wanted = {})
      : steps_(std::move(steps)), wanted_(wanted) {}
  virtual ~Linearisation() = default;
  Linearisation(const Linearisation&) = delete;
  Linearisation& operator=(const Linearisation&) = delete;

  /// x_T, T, how the run ended and what has been spent so far.
  const RunRecord& record();
  /// ∂x_T(θ), n×p: by the cheaper of `push` and `pull`, unless the method knows better.
  virtual Matrix jacobian();
  /// ∂x_T(θ) Θ̇, n×k, for Θ̇ p×k. @throws ShapeError.
  Matrix push(const Matrix& theta_dot);
  /// ∂x_T(θ)ᵀ W, p×k, and, where it is wanted, (∂x_T/∂x_0)ᵀ W, n×k, for W n×k. @throws ShapeError.
  Pullback pull(const Matrix& w);
  /// Of cotangents of several iterates. @throws UnsupportedError where the method knows x_T alone.
  virtual Pullback pull(const detail::Seeds& seeds) = 0;
  /// The iterates selected, with their Jacobians, of all t ≤ T. @throws UnsupportedError likewise.
  virtual History history(const detail::Selection& selected);

  /// The equation of a solution that was differentiated; automatic: none, but the steps themselves.
  virtual Equation equation() { return Equation::automatic; }
  /// Of the last pull, where λ is known: of equation(), or of the gradient's.
  const AdjointEstimate* adjoint() const { return adjoint_ ? &*adjoint_ : nullptr; }
  /// Of the last product, where the method has made one already; null where not.
  virtual const Certificate* certificate() { return nullptr; }
  /// Frees what a product has left that the next one can make anew: a tape.
  virtual void forget() {}
  /// The run behind it.
  detail::Steps& steps() { return *steps_; }

 protected:
  /// Takes the run, on the way to the first product if that can be.
  virtual void take_run();
  virtual Matrix push_checked(const Matrix& theta_dot) = 0;
  Matrix jacobian_by_push();
  Matrix jacobian_by_pull();
  /// ∂x_T Θ̇ by `jacobian`: what Θ̇ does not move adds nothing, even beside an infinite derivative.
  Matrix push_by_jacobian(const Matrix& theta_dot);
  const Wanted& wanted() const { return wanted_; }
  /// Cotangents at x_0 as a pullback: what was prepared and x_0(θ) are pulled back to θ.
  Pullback finish(detail::Cotangents start);
  /// The cotangents of x_T, n×s, where there may be no others.
  Matrix end_cotangents(const detail::Seeds& seeds, const char* method);

  std::optional<AdjointEstimate> adjoint_{};  // a pull sets it

 private:
  detail::StepsPtr steps_;
  Wanted wanted_;
};

}  // namespace unroll
