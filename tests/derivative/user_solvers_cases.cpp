#include "derivative/cases.hpp"
#include "derivative/custom_solvers.hpp"

namespace unroll::test {

std::vector<NamedSolver> user_solvers(const Spectrum& s) {
  const double L = s.largest;
  return {named("averaging", Averaging{1 / L}, {.converges = false}), named("restarting", Restarting{1 / L}),
          named("theta-step", ThetaStep{L}), named("following", Following{L}),
          named("remembering", Remembering{1 / L})};
}

}  // namespace unroll::test
