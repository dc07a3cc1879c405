#include "unroll/solver/stochastic_gradient.hpp"

#include "unroll/error.hpp"
#include "unroll/solver/option_checks.hpp"

namespace unroll {

void StochasticGradient::check() const {
  detail::check_step_size("stochastic gradient", step_size);
  if (batches.empty()) throw DomainError("stochastic gradient: there are no batches");
}

}  // namespace unroll
