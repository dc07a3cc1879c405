#include "unroll/theory/sobolev_polynomial.hpp"

#include <utility>

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

}  // namespace unroll
