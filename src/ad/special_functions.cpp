#include <array>
#include <cmath>
#include <unsupported/Eigen/SpecialFunctions>

#include "unroll/ad/functions.hpp"

namespace unroll::ad {

double log_gamma(double x) {
  return Eigen::numext::lgamma(x);  // reentrant, other than std::lgamma
}
double power(double a, double b, int i, int j) {
  // The derivatives in b of b (b − 1) … (b − i + 1).
  std::array<double, 4> factor{1, 0, 0, 0};
  for (int k = 0; k < i; ++k)
    for (int order = j; order >= 0; --order) {
      double& f = factor[static_cast<std::size_t>(order)];
      f *= b - k;
      if (order > 0) f += order * factor[static_cast<std::size_t>(order - 1)];
    }
  const double p = power(a, b - i);
  if (p == 0 || (j > 0 && i == 0 && a == 0)) return 0;
  double sum = 0, binomial = 1;
  for (int order = 0; order <= j; ++order) {  // Leibniz
    const double f = factor[static_cast<std::size_t>(order)];
    if (f != 0) sum += binomial * f * (order < j ? std::pow(std::log(a), j - order) : 1.0);
    binomial = binomial * (j - order) / (order + 1);
  }
  return sum == 0 ? 0 : sum * p;
}
double polygamma(int order, double x) {
  if (!(x <= 0)) return order == 0 ? Eigen::numext::digamma(x) : Eigen::numext::polygamma(double(order), x);
  // By ψ(x) = ψ(1 − x) − π cot πx and its derivatives: steps up to x > 0 would be as many as x is far.
  constexpr double pi = 3.14159265358979323846;
  const double from_pole = x - std::round(x);
  if (!(std::abs(from_pole) > 0)) return order % 2 == 0 ? NAN : INFINITY;
  const double c = 1 / std::tan(pi * from_pole), d = 1 + c * c, mirrored = polygamma(order, 1 - x);
  switch (order) {
    case 0:
      return mirrored - pi * c;
    case 1:
      return pi * pi * d - mirrored;
    case 2:
      return mirrored - 2 * pi * pi * pi * c * d;
    default:
      return 2 * pi * pi * pi * pi * d * (1 + 3 * c * c) - mirrored;
  }
}

}  // namespace unroll::ad
