#include "unroll/derivative/repeated.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "unroll/error.hpp"

namespace unroll::detail {

RepeatedSteps::Fingerprint RepeatedSteps::of(const double* x, Index n) {
  constexpr double golden = 0.61803398874989485;
  Fingerprint print{0, 0};
  double weight = golden;  // within (0.5, 1.5), and no two entries' the same
  for (Index i = 0; i < n; ++i) {
    print.sum += weight * x[i];
    print.size += std::abs(weight * x[i]);
    weight += weight > 1.5 - golden ? golden - 1 : golden;
  }
  return print;
}

void RepeatedSteps::compare(const Fingerprint& now, const Fingerprint& before, Index first, Index last) {
  constexpr double tolerance = 1e-8;
  if (!(std::abs(now.sum - before.sum) > tolerance * std::max(now.size, before.size))) return;
  const std::string which =
      first == last ? fmt::format("step {}", last) : fmt::format("one of the steps {} to {}", first, last);
  throw UnsupportedError(fmt::format(
      "the run cannot be repeated: {}, taken again, gives another iterate than before; a step must be "
      "a function of state, theta and t alone (draw random numbers by a generator seeded with t, keep "
      "counters in the state), or all steps must fit on one tape: Reverse without memory_budget and "
      "last_steps",
      which));
}

void RepeatedSteps::ends(Index t, const Vector& x) {
  end_ = t;
  at_end_ = of(x.data(), x.size());
}

void RepeatedSteps::check(Index t, const double* x, Index n, bool is_new) {
  if (t == end_) compare(of(x, n), at_end_, t, t);
  if (t % stride_ != 0) return;
  const auto i = static_cast<std::size_t>(t / stride_) - 1;
  if (is_new && i == known_.size()) {
    known_.push_back(of(x, n));
    if (known_.size() < most) return;
    stride_ *= 2;
    for (std::size_t k = 0; k < most / 2; ++k) known_[k] = known_[2 * k + 1];
    known_.resize(most / 2);
  } else if (i < known_.size()) {
    compare(of(x, n), known_[i], t - stride_ + 1, t);
  }
}

}  // namespace unroll::detail
