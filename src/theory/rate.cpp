#include "unroll/theory/rate.hpp"

#include <algorithm>
#include <cmath>

namespace unroll {
namespace {

/// The larger modulus of the roots of z² − trace z + determinant.
double spectral_radius(double trace, double determinant) {
  const double discriminant = trace * trace - 4 * determinant;
  if (discriminant < 0) return std::sqrt(determinant);
  return (std::abs(trace) + std::sqrt(discriminant)) / 2;
}

/// The larger of radius(ℓ) and radius(L), where it is largest at an end.
template <class Radius>
double at_ends(double l, double L, const char* method, Radius radius) {
  check_spectrum(l, L, method);
  return std::max(radius(l), radius(L));
}

/// lim |T_t(z(λ))|^{1/t}/T_t(z(0))^{1/t} for z that maps the interval [l, L] to [−1, 1].
double chebyshev_radius(double l, double L, double at) {
  if (is_single_eigenvalue(l, L)) return std::abs(1 - at / L);
  const double z = std::abs(L + l - 2 * at) / (L - l);
  return chebyshev_rate(l, L) * (z > 1 ? z + std::sqrt(z * z - 1) : 1);
}

}  // namespace

double asymptotic_rate(const GradientDescent& method, double smallest_eigenvalue, double largest_eigenvalue) {
  method.check();
  return at_ends(smallest_eigenvalue, largest_eigenvalue, "asymptotic rate",
                 [&](double at) { return std::abs(1 - method.step_size * at); });
}

double asymptotic_rate(const HeavyBall& method, double smallest_eigenvalue, double largest_eigenvalue) {
  method.check();
  return at_ends(smallest_eigenvalue, largest_eigenvalue, "asymptotic rate", [&](double at) {
    return spectral_radius(1 + method.momentum - method.step_size * at, method.momentum);
  });
}

double asymptotic_rate(const Nesterov& method, double smallest_eigenvalue, double largest_eigenvalue) {
  method.check();
  return at_ends(smallest_eigenvalue, largest_eigenvalue, "asymptotic rate", [&](double at) {
    const double contraction = 1 - method.step_size * at;
    return spectral_radius((1 + method.momentum) * contraction, method.momentum * contraction);
  });
}

double asymptotic_rate(const Chebyshev& method, double smallest_eigenvalue, double largest_eigenvalue) {
  method.check();
  return at_ends(smallest_eigenvalue, largest_eigenvalue, "asymptotic rate", [&](double at) {
    return chebyshev_radius(method.smallest_eigenvalue, method.largest_eigenvalue, at);
  });
}

double asymptotic_rate(const SobolevMeasure& measure, double smallest_eigenvalue, double largest_eigenvalue) {
  measure.check();
  return asymptotic_rate(Chebyshev{measure.smallest_eigenvalue, measure.largest_eigenvalue},
                         smallest_eigenvalue, largest_eigenvalue);
}

}  // namespace unroll
