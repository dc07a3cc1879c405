#include "unroll/theory/burn_in_monitor.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace unroll {
namespace detail {

Vector spectrum_grid(double smallest_eigenvalue, double largest_eigenvalue) {
  check_spectrum(smallest_eigenvalue, largest_eigenvalue, "burn_in_window");
  constexpr Index points = 33;  // the extreme points of a Chebyshev polynomial, both ends among them
  const auto angles = Eigen::ArrayXd::LinSpaced(points, 0, std::numbers::pi);
  const double centre = (largest_eigenvalue + smallest_eigenvalue) / 2;
  const double radius = (largest_eigenvalue - smallest_eigenvalue) / 2;
  return centre - radius * angles.cos();
}

double burn_in_end(ResidualPolynomial polynomial, double peak) {
  if (!std::isfinite(peak)) return peak;
  polynomial.advance();
  const double start = polynomial.derivative().cwiseAbs().maxCoeff();
  while (static_cast<double>(polynomial.degree()) <= peak ||
         polynomial.derivative().cwiseAbs().maxCoeff() > start)
    polynomial.advance();
  return static_cast<double>(polynomial.degree());
}

}  // namespace detail

namespace {

/// Of gradient descent with |P_t| = ρ^t, |P'_t| ∝ tρ^{t−1}: the peak 1/ln(1/ρ), the end where tρ^{t−1} = 1
/// again.
BurnInWindow of_contraction(double rate) {
  if (rate >= 1) {
    const double never = std::numeric_limits<double>::infinity();
    return {never, never};
  }
  const double decay = -std::log(rate);
  const double peak = std::max(1.0, 1 / decay);
  double end = peak + 1;  // t = 1 + ln(t)/decay, a contraction beyond the peak
  for (double next = 1 + std::log(4 * peak) / decay; std::abs(next - end) > 0.1;) {
    end = next;
    next = std::max(peak + 1, 1 + std::log(end) / decay);
  }
  return {peak, end};
}

}  // namespace

std::function<void(Index, const Vector&)> BurnInMonitor::observer() {
  return [this](Index t, const Vector& x) { observe(t, x); };
}

void BurnInMonitor::observe(Index t, const Vector& x) {
  if (t == 0) {
    log_moves_.clear();
  } else {
    constexpr double rounding = 1e-13;
    const double move = (x - last_).norm();
    if (move > rounding * x.norm()) log_moves_.push_back(std::log(move));
  }
  last_ = x;
  step_ = t;
}

std::optional<double> BurnInMonitor::contraction() const {
  const std::size_t moves = log_moves_.size();
  if (moves < 3) return std::nullopt;
  const std::size_t window = std::max<std::size_t>(2, moves / 3);
  return std::exp((log_moves_[moves - 1] - log_moves_[moves - 1 - window]) / static_cast<double>(window));
}

std::optional<BurnInWindow> BurnInMonitor::window() const {
  if (predicted_) return predicted_;
  const std::optional<double> rate = contraction();
  if (!rate) return std::nullopt;
  return of_contraction(*rate);
}

bool BurnInMonitor::inside() const {
  const std::optional<BurnInWindow> predicted = window();
  return !predicted || static_cast<double>(step_) < predicted->end;
}

std::optional<std::string> BurnInMonitor::warning() const {
  if (!inside()) return std::nullopt;
  const std::optional<BurnInWindow> predicted = window();
  const std::optional<double> rate = contraction();
  const std::string measured = rate ? fmt::format(", the iterates contract by {:.4f} a step", *rate) : "";
  if (!predicted)
    return fmt::format(
        "the run ended after {} steps, too few to tell where the burn-in of its derivative ends", step_);
  return fmt::format(
      "the run ended after {} steps, inside the burn-in of its derivative, whose error is predicted to peak "
      "near "
      "step {:.0f} and to be down at its start again near step {:.0f}{}",
      step_, predicted->peak, predicted->end, measured);
}

}  // namespace unroll
