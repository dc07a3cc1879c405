#pragma once

#include "derivative/run/segment.hpp"
#include "unroll/derivative/reverse.hpp"

namespace unroll::detail {

/// Says what recordings sum: what the correction takes, or a certificate of the pullback. @throws
/// UnsupportedError if the correction by gradients is asked for where there are none.
void gather_for(Steps& steps, const Reverse& method, bool certifies);

/// What all ways to sweep back share: the end of a sweep becomes a pullback, corrected or not.
class Backwards : public Linearisation {
 public:
  Backwards(StepsPtr steps, const Wanted& wanted, const Reverse& method);

  Pullback pull(const Seeds& seeds) override;
  Matrix jacobian() override;
  History history(const Selection& selected) override;
  Equation equation() override { return equation_; }

 protected:
  /// Cotangents at x_0 (n×s), of what was prepared, of θ, and the sums that were asked for.
  virtual Cotangents sweep(const Seeds& seeds) = 0;
  /// Whether those sums are of steps as they are differentiated at the end: of frozen ones, where there are
  /// any.
  virtual bool gathers_at_end() const { return false; }
  const Reverse& method() const { return method_; }

 private:
  Matrix push_checked(const Matrix& theta_dot) override { return push_by_jacobian(theta_dot); }
  /// What the sweep of those seeds says, w of x_T (n×s) and no others if `is_of_end_alone`; where it does not
  /// say enough to correct by, they are swept once more.
  Pullback pulled(const Seeds& seeds, const Matrix& w, bool is_of_end_alone, Cotangents swept);
  /// Which equation corrects, now that it is known what reached θ.
  Equation form(const Cotangents& c);
  Pullback corrected(const Matrix& w, const Cotangents& c);
  /// Whether θ reached x around the gradients of f, whose equation the solver declares, so that their
  /// cotangents, at rest, do not sum to λ.
  bool is_bypassed(const Matrix& w, const Cotangents& c);
  Pullback corrected_by_gradient(const Matrix& w, const Matrix& gathered);
  Pullback corrected_by_fixed_point(const Matrix& w, const Matrix& gathered);
  /// The same of the step as it was taken, whose cotangents were gathered: a frozen step may be of another
  /// length. Nothing where it cannot be differentiated, for which there are frozen ones.
  std::optional<Matrix> pulled_as_taken(const Matrix& gathered);

  Reverse method_;
  Equation equation_ = Equation::automatic;
};

/// The sweep by checkpoints, truncated where it is asked: see derivative/checkpoint/.
std::unique_ptr<Linearisation> checkpointed(StepsPtr steps, const Wanted& wanted, const Reverse& method);
/// Sweeps at x_T alone: see at_end.cpp.
std::unique_ptr<Linearisation> at_end(StepsPtr steps, const Wanted& wanted, const Reverse& method);

}  // namespace unroll::detail
