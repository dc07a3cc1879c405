#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "unroll/theory/burn_in.hpp"
#include "unroll/theory/residual_polynomial.hpp"

namespace unroll {

/// When theory expects the burn-in of a method on the spectrum [ℓ, L]; infinite where P'_t never decays.
struct BurnInWindow {
  double peak;  // predicted_peak: argmax_t max_λ|P'_t(λ)|
  double end;  // the first t beyond the peak with max_λ|P'_t(λ)| ≤ max_λ|P'_1(λ)|: the unrolled Jacobian's
               // error is down again to its size at the start
};

namespace detail {
/// Follows P' over [ℓ, L] from the start to beyond the peak.
double burn_in_end(ResidualPolynomial polynomial, double peak);
Vector spectrum_grid(double smallest_eigenvalue, double largest_eigenvalue);
}  // namespace detail

/// @throws DomainError as predicted_peak.
template <class M>
BurnInWindow burn_in_window(const M& method, double smallest_eigenvalue, double largest_eigenvalue) {
  const double peak = predicted_peak(method, smallest_eigenvalue, largest_eigenvalue);
  const Vector grid = detail::spectrum_grid(smallest_eigenvalue, largest_eigenvalue);
  return {peak, detail::burn_in_end(ResidualPolynomial(method, grid), peak)};
}

/// Watches a run and says whether it ended inside the burn-in, where the derivative of the last iterate may
/// be worse than none.
///
///   BurnInMonitor monitor(solver, l, L);
///   const auto d = jacobian(problem, solver, x0, theta, {.steps = 50, .observer = monitor.observer()},
///   Forward{}); if (const auto warning = monitor.warning()) fmt::print(stderr, "{}\n", *warning);
///
/// One monitor follows one run at a time; a run starts with t = 0. The observer refers to the monitor.
class BurnInMonitor {
 public:
  /// Of a method whose burn-in is known.
  template <class M>
  BurnInMonitor(const M& method, double smallest_eigenvalue, double largest_eigenvalue)
      : predicted_(burn_in_window(method, smallest_eigenvalue, largest_eigenvalue)) {}
  /// Of any other: the prediction is that of gradient descent with the contraction that is measured.
  BurnInMonitor() = default;

  /// For SolveOptions::observer.
  std::function<void(Index t, const Vector& x)> observer();
  /// What the observer does with x_t.
  void observe(Index t, const Vector& x);

  /// The number of steps so far.
  Index steps() const { return step_; }
  /// The measured contraction: the geometric mean of ‖x_{t+1} − x_t‖/‖x_t − x_{t−1}‖ over the last steps, a
  /// third of them, while they stand out from rounding. Nothing before the third step.
  std::optional<double> contraction() const;
  /// For the method, or from the contraction; nothing before there is one, infinite if it is 1 or more.
  std::optional<BurnInWindow> window() const;
  /// Whether t is below the end of the burn-in, or nothing is known of that.
  bool inside() const;
  /// One sentence if the run so far ended inside: at which step, where peak and end are predicted.
  std::optional<std::string> warning() const;

 private:
  std::optional<BurnInWindow> predicted_{};
  std::vector<double> log_moves_{};  // ln‖x_{t+1} − x_t‖ while above rounding
  Vector last_{};                    // x_t
  Index step_ = 0;
};

}  // namespace unroll
