#include "plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "derivative/method/backwards.hpp"
#include "derivative/run/steps.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

namespace {

constexpr std::size_t cache = std::size_t{1} << 18;  // bytes
constexpr Index saturated = std::numeric_limits<Index>::max();

Index product(Index a, Index b) { return a != 0 && b > saturated / a ? saturated : a * b; }

// binom(c + r, r) for c ≥ 0, saturating; 0 for r < 0. Few factors: r is small wherever c is not.
Index binomial(Index c, Index r) {
  if (r < 0 || c < 0) return 0;
  if (c < r) std::swap(c, r);
  Index value = 1;
  for (Index i = 1; i <= r; ++i) {
    if (value > saturated / (c + i)) return saturated;
    value = value * (c + i) / i;
  }
  return value;
}

// The least r with binom(c + r, c) ≥ steps.
Index repetitions(Index steps, Index c) {
  if (c == 1) return std::max<Index>(steps - 1, 0);
  Index r = 0;
  for (Index reach = 1; reach < steps; ++r) {
    if (reach > saturated / (c + r + 1)) return r + 1;
    reach = reach * (c + r + 1) / (r + 1);
  }
  return r;
}

}  // namespace

Index revolve_steps(Index steps, Index checkpoints) {
  if (steps < 0 || checkpoints < 1)
    throw DomainError(fmt::format("revolve: {} steps with {} checkpoints", steps, checkpoints));
  if (steps <= 1) return 0;
  if (checkpoints == 1) return steps % 2 == 0 ? product(steps / 2, steps - 1) : product(steps, steps / 2);
  const Index r = repetitions(steps, checkpoints);
  return product(r, steps) - binomial(checkpoints + 1, r - 1);
}

Index revolve_split(Index steps, Index c) {
  // t(·, c) is convex, of slope r where binom(c + r − 1, c) < · ≤ binom(c + r, c): the sum of
  // k + t(steps − k, c − 1) + t(k, c) is least where the slope of the last is one less than that of the
  // other.
  const Index r = repetitions(steps, c);
  return std::max({Index{1}, steps - binomial(c - 1, r), binomial(c, r - 2)});
}

std::size_t block_bytes(Index block, const StepBytes& bytes) {
  return bytes.entry + static_cast<std::size_t>(block == 1 ? 1 : block + 1) * bytes.step;
}

Index quarter_block(Index steps, const StepBytes& bytes) {
  const std::size_t step = std::max<std::size_t>(bytes.step, 1);
  const double ratio = static_cast<double>(bytes.state) / static_cast<double>(step);
  const Index all = std::max<Index>(steps, 1), least = static_cast<Index>(std::ceil(8 * ratio)),
              cached = std::clamp<Index>(steps / 8, 1, std::max<Index>(1, static_cast<Index>(cache / step)));
  return std::clamp<Index>(cached, std::min(least, all), all);
}

CheckpointPlan plan(Index steps, const StepBytes& bytes, std::size_t budget) {
  if (steps < 0) throw DomainError(fmt::format("plan: {} steps", steps));
  if (bytes.state == 0) throw DomainError("plan: a state of 0 bytes");
  const std::size_t least = block_bytes(1, bytes) + (steps > 1 ? bytes.state : 0);
  if (budget < least)
    throw DomainError(
        fmt::format("memory_budget: {} bytes, but a step on the tape and a state to restart from need {}",
                    budget, least));

  CheckpointPlan best;
  double least_cost = std::numeric_limits<double>::infinity();
  const auto consider = [&](Index block) {
    const Index blocks = std::max<Index>(1, steps / block + (steps % block != 0 ? 1 : 0));
    const std::size_t tape = block_bytes(block, bytes);
    if (tape > budget || (blocks > 1 && tape + bytes.state > budget)) return;
    const auto room = static_cast<Index>((budget - tape) / bytes.state);
    const Index kept = blocks == 1 ? 0 : std::min(room, blocks - 1);
    const Index again = blocks == 1 ? 0 : product(block, revolve_steps(blocks, kept));
    const double beyond_cache = tape > cache ? static_cast<double>(steps) / 8 : 0;
    const double cost = static_cast<double>(again) + static_cast<double>(blocks) + beyond_cache;
    if (cost >= least_cost) return;
    least_cost = cost;
    best = {steps, block, kept, again, 0, tape + static_cast<std::size_t>(kept) * bytes.state};
  };
  for (Index block = 1; block < steps && block_bytes(block, bytes) <= budget; block *= 2) {
    consider(block);
    if (block > saturated / 2) break;
  }
  if (static_cast<double>(steps) * static_cast<double>(bytes.step) < 2 * static_cast<double>(budget))
    consider(std::max<Index>(steps, 1));
  best.time_factor =
      steps == 0 ? 2 : 2 + static_cast<double>(best.recomputed_steps) / static_cast<double>(steps);
  return best;
}

Index swept_steps(const Reverse& method, Index steps) {
  const LastSteps& last = method.last_steps;
  return last.is_all() || last.is_automatic() ? steps : std::min(steps, last.count());
}

StepBytes measure_steps(Steps& steps, Segment& segment) {
  const auto rehearsal = steps.rehearsal();
  constexpr Index measured = 3;  // what the first saves may differ from what others do
  constexpr std::size_t one_step = 1;
  steps.restart();
  const std::size_t state = steps.bytes();
  const Index length = steps.length();
  if (length > 0) steps.advance(0, std::min(length, measured), segment, one_step);
  return {std::max(state, steps.bytes()), segment.entry_bytes(), segment.step_bytes()};
}

CheckpointPlan checkpoint_plan(StepsPtr own, Index columns, const Reverse& method) {
  Steps& steps = *own;
  method.check(steps.options());
  if (method.memory_budget == 0) throw DomainError("plan: the method has no memory_budget");
  gather_for(steps, method, columns == 1 && method.certify != Certify::never);
  Segment segment(steps.dimension(), columns, method.threads);
  const StepBytes bytes = measure_steps(steps, segment);
  return plan(swept_steps(method, steps.length()), bytes, method.memory_budget);
}

}  // namespace unroll::detail
