#include "unroll/theory/sobolev_polynomial.hpp"

#include <fmt/core.h>

#include <utility>

#include "unroll/error.hpp"

namespace unroll {
namespace {

/// The method of SobolevCoefficients, on blocks.
struct SobolevRecurrence {
  SobolevSchedule schedule;
  Matrix gegenbauer{}, gegenbauer_previous{};  // p̂_n, p̂_{n−1}
  Matrix sobolev{}, sobolev_previous{};        // ŝ_n, ŝ_{n−1}

  void operator()(Matrix& block, const TimesLambda& times_lambda) {
    if (gegenbauer.size() == 0) gegenbauer = gegenbauer_previous = sobolev = sobolev_previous = block;
    const SobolevCoefficients c = schedule.next();
    Matrix gegenbauer_next = c.gegenbauer * gegenbauer + (1 - c.gegenbauer) * gegenbauer_previous +
                             c.gradient * times_lambda(gegenbauer);
    Matrix sobolev_next =
        (gegenbauer_next - c.coherence * gegenbauer_previous - c.sobolev * sobolev_previous) /
        (1 - c.coherence - c.sobolev);
    block += c.average * (sobolev_next - block);
    gegenbauer_previous = std::exchange(gegenbauer, std::move(gegenbauer_next));
    sobolev_previous = std::exchange(sobolev, std::move(sobolev_next));
  }
};

}  // namespace

Recurrence residual_recurrence(const SobolevMeasure& measure) {
  return SobolevRecurrence{SobolevSchedule(measure)};
}

std::vector<double> sobolev_minima(const SobolevMeasure& measure, Index steps) {
  if (steps < 0) throw DomainError(fmt::format("sobolev minima: steps is {}", steps));
  SobolevSchedule schedule(measure);
  const double l = measure.smallest_eigenvalue, L = measure.largest_eigenvalue;
  if (is_single_eigenvalue(l, L))
    throw DomainError(fmt::format("sobolev minima: the interval [{}, {}] is a point", l, L));
  std::vector<double> minima{1};
  for (Index t = 0; t < steps; ++t) minima.push_back(minima.back() * (1 - schedule.next().average));
  return minima;
}

}  // namespace unroll
