#include "unroll/solver/sobolev_schedule.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "unroll/error.hpp"
#include "unroll/solver/schedule.hpp"

namespace unroll {

void SobolevMeasure::check() const {
  check_spectrum(smallest_eigenvalue, largest_eigenvalue, "sobolev");
  if (!(alpha > 0 && alpha <= largest_alpha)) {
    throw DomainError(
        fmt::format("sobolev: alpha is {}, it must be positive and at most {}", alpha, largest_alpha));
  }
  if (!(eta >= 0) || std::isinf(eta)) {
    throw DomainError(fmt::format("sobolev: eta is {}, it must be finite and not negative", eta));
  }
}

SobolevSchedule::SobolevSchedule(const SobolevMeasure& measure) {
  measure.check();
  const double l = measure.smallest_eigenvalue, L = measure.largest_eigenvalue;
  largest_eigenvalue_ = L;
  alpha_ = measure.alpha;
  if (is_single_eigenvalue(l, L)) return;
  half_width_ = (L - l) / 2;
  zero_ = -(L + l) / (L - l);
  // Beyond the bound the method does not move, and σ, which grows like e n², would overflow.
  e_ = std::min(measure.eta / half_width_ / half_width_, 1e200);
}

SobolevCoefficients SobolevSchedule::next() {
  if (half_width_ == 0) return {1, -1 / largest_eigenvalue_, 0, 0, 1};
  // γ_n and β_n of the Gegenbauer polynomials: p_{n+1} = z p_n − γ_n p_{n−1}, and p_{n+1}/(n+1) − β_n p_{n−1}
  // is a primitive of p_n.
  const auto gamma = [a = alpha_](double n) { return n * (n - 1 + 2 * a) / (4 * (n + a) * (n - 1 + a)); };
  const double n = static_cast<double>(n_++);
  if (n == 0) {
    r_ = zero_;
    sigma_ = 1 + e_ / gamma(1);
    k_ = 1 + sigma_ * gamma(1) / (zero_ * zero_);
    return {1, 1 / (half_width_ * zero_), 0, 0, 1 / k_};
  }
  const double gamma_n = gamma(n), gamma_next = gamma(n + 1);
  // At n = 1 the terms of p̂_0 and ŝ_0 are one, and σ_0 = 1: both cancel, so that a small α costs no digits.
  const double beta = n == 1 ? 0 : n / (4 * (n + alpha_) * (n - 1 + alpha_));
  const double r_next = zero_ - gamma_n / r_;
  const double coherence = (n + 1) * beta / (r_ * r_next);
  const double sobolev = -coherence / sigma_previous_ * rho_previous_;
  const double rho_next = 1 - coherence - sobolev;
  const double sigma_next =
      1 + (n + 1) * (n + 1) * (e_ + beta * beta / gamma_n * (1 - 1 / sigma_previous_)) / gamma_next;
  const double rho_ratio = rho_ / rho_next;
  k_ = 1 + k_ * (sigma_next / sigma_) * rho_ratio * rho_ratio * gamma_next / (r_next * r_next);
  r_ = r_next;
  rho_previous_ = std::exchange(rho_, rho_next);
  sigma_previous_ = std::exchange(sigma_, sigma_next);
  return {zero_ / r_next, 1 / (half_width_ * r_next), coherence, sobolev, 1 / k_};
}

}  // namespace unroll
