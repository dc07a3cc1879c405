#include "repeated.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <tuple>
#include <typeindex>
#include <utility>

#include "unroll/error.hpp"
#include "unroll/problem/finite_sum.hpp"

namespace unroll::detail {

namespace {
constexpr Index numbers_of_weights = 512;
constexpr double golden_section = 0.61803398874989485;

/// The next of weights within (0.5, 1.5), no two of them the same.
double next_weight(double weight) {
  return weight + (weight > 1.5 - golden_section ? golden_section - 1 : golden_section);
}

const Eigen::Array<double, numbers_of_weights, 1> known_weights = [] {
  Eigen::Array<double, numbers_of_weights, 1> all;
  double weight = golden_section;
  for (double& w : all) w = weight = next_weight(weight);
  return all;
}();
}  // namespace

void Fingerprint::add(const double* x, Index n) {
  for (Index first = 0, count = 0; first < n; first += count) {
    const Index at = count_ % numbers_of_weights;
    count = std::min(numbers_of_weights - at, n - first);
    const Eigen::Map<const Eigen::ArrayXd> numbers(x + first, count);
    const auto sums = [&](const auto& these) {
      const auto weighted = these * known_weights.segment(at, count);
      return std::pair{weighted.sum(), weighted.abs().sum()};
    };
    auto [sum, size] = sums(numbers);
    if (!std::isfinite(size))  // beside an infinity, as of a best value not yet there, all others still count
      std::tie(sum, size) = sums(numbers.unaryExpr([](double v) {
        return std::isfinite(v) ? v : std::isnan(v) ? 0.0 : std::copysign(1.0, v);
      }));
    sum_ += weight_ * sum;
    size_ += weight_ * size;
    count_ += count;
    if (count_ % numbers_of_weights == 0) weight_ = next_weight(weight_);
  }
}

bool Fingerprint::is_near(const Fingerprint& other, double tolerance) const {
  return !(std::abs(sum_ - other.sum_) > tolerance * std::max(size_, other.size_));
}

namespace {
/// The types of problems that have passed.
class Passed {
 public:
  static bool has(const Problem& problem) {
    const std::lock_guard lock(mutex());
    return types().contains(typeid(problem));
  }
  static void add(const Problem& problem) {
    const std::lock_guard lock(mutex());
    types().insert(typeid(problem));
  }

 private:
  // For ever: runs may be taken while a program ends.
  static std::mutex& mutex() {
    static auto* const one = new std::mutex;
    return *one;
  }
  static std::set<std::type_index>& types() {
    static auto* const all = new std::set<std::type_index>;
    return *all;
  }
};

/// Empty where it cannot be had: the end of a run may be where f is not defined.
Vector gradient_if_any(const Problem& problem, const Vector& x, const Vector& theta) {
  try {
    return problem.gradient(x, theta);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    return {};
  }
}
/// ‖Hx‖: near a minimum a gradient is what is left of terms as large as this, whose rounding, of sums that
/// threads take in another order, is more than all of it. Infinite where it cannot be had.
double size_of_terms(const Problem& problem, const Vector& x, const Vector& theta) {
  constexpr double unknown = std::numeric_limits<double>::infinity();
  try {
    const double size = checked_push(problem, x, theta, x, Matrix::Zero(theta.size(), 1)).stableNorm();
    return std::isfinite(size) ? size : unknown;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    return unknown;
  }
}
}  // namespace

void check_same_gradient(const Problem& problem, const Vector& x, const Vector& theta, Index steps) {
  constexpr Index least = 3, always = 64;
  constexpr double little = 1e-8;
  if (steps < least || !problem.has_equation() || !x.allFinite()) return;
  if (steps < always && Passed::has(problem)) return;
  if (const auto* const sum = dynamic_cast<const FiniteSum*>(&problem)) {
    check_same_gradient(*sum->batch({0}), x, theta, steps);
    return Passed::add(problem);
  }
  const Vector before = gradient_if_any(problem, x, theta);
  if (!before.allFinite()) return;
  const Vector again = gradient_if_any(problem, x, theta);
  const auto differs = [&](double size) { return !((again - before).stableNorm() <= little * size); };
  if (again.size() != before.size() ||
      (differs(before.stableNorm()) && differs(size_of_terms(problem, x, theta))))
    throw UnsupportedError(
        "the run cannot be differentiated: the problem, asked again at the same x and theta, gives another "
        "gradient; it must be a function of these alone (a mask or noise drawn at random must be a member "
        "that stays, or be drawn by a generator that is seeded anew in every call)");
  Passed::add(problem);
}

namespace {
[[noreturn]] void throw_not_repeated(Index first, Index last, const char* what) {
  const std::string which =
      first == last ? fmt::format("step {}", last) : fmt::format("one of the steps {} to {}", first, last);
  throw UnsupportedError(fmt::format(
      "the run cannot be repeated: {}, taken again, gives another {} than before; a step must be "
      "a function of state, theta and t alone (draw random numbers by a generator seeded with t, keep "
      "counters in the state, take no branch that rounding decides, as on the sign of a change of f that is "
      "none), or all steps must fit on one tape: Reverse without memory_budget and last_steps",
      which, what));
}
}  // namespace

void RepeatedSteps::ends(Index t, const Vector& x) {
  end_ = t;
  at_end_ = {};
  at_end_.add(x.data(), x.size());
}

void RepeatedSteps::check_end(const Vector& x) const {
  if (end_ == 0) return;
  Fingerprint now;
  now.add(x.data(), x.size());
  if (!now.is_near(at_end_)) throw_not_repeated(end_, end_, "iterate");
}

void RepeatedSteps::check_others(const Fingerprint& again, const Fingerprint& before) const {
  if (!again.is_near(before)) throw_not_repeated(end_, end_, "state with the same iterate");
}

void RepeatedSteps::check(Index t, const StatePrint& state, bool is_new) {
  if (t == end_ && !state.x.is_near(at_end_)) throw_not_repeated(t, t, "iterate");
  if (t % stride_ != 0) return;
  const auto i = static_cast<std::size_t>(t / stride_) - 1;
  if (is_new && i == known_.size()) {
    known_.push_back(state);
    if (known_.size() < most) return;
    stride_ *= 2;
    for (std::size_t k = 0; k < most / 2; ++k) known_[k] = known_[2 * k + 1];
    known_.resize(most / 2);
  } else if (i < known_.size()) {
    const Index first = t - stride_ + 1;
    if (!state.x.is_near(known_[i].x)) throw_not_repeated(first, t, "iterate");
    if (!state.others.is_near(known_[i].others)) throw_not_repeated(first, t, "state with the same iterate");
  }
}

}  // namespace unroll::detail
