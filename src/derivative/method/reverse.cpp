#include "unroll/derivative/reverse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "backwards.hpp"
#include "derivative/run/steps.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

using detail::Seeds;
using detail::Segment;

/// All steps on one tape: recorded once, swept as often as one likes.
class WholeTape final : public detail::Backwards {
 public:
  WholeTape(detail::StepsPtr own, const Wanted& wanted, const Reverse& method)
      : Backwards(std::move(own), wanted, method) {
    steps().hardly_repeats();
  }

  void forget() override { tape_.reset(); }

 private:
  void take_run() override { record_all({}); }

  void record_all(const std::function<bool(Index t)>& marked) {
    steps().restart();
    if (!tape_) tape_.emplace(steps().dimension(), wanted().columns, method().threads);
    try {
      steps().record_steps(0, steps().length(), *tape_, 0, marked);
    } catch (...) {
      tape_.reset();  // which would be taken for the whole
      throw;
    }
    Cost& cost = steps().record.cost;
    cost.tape_bytes = std::max(cost.tape_bytes, tape_->take_most_bytes());
  }

  detail::Cotangents sweep(const Seeds& seeds) override {
    if (seeds.wants || !tape_) record_all(seeds.wants);
    const RunRecord& run = record();
    seeds.check_end(run.steps);
    detail::Cotangents c;
    tape_->sweep(c, tape_->seeds(seeds, {0, run.steps}, true), seeds.columns(run.steps), method().threads);
    return c;
  }

  std::optional<Segment> tape_{};  // of all steps, once it is needed
};

}  // namespace

void Reverse::check(const SolveOptions& options) const {
  if (threads < 1) throw DomainError(fmt::format("reverse: {} threads", threads));
  const bool is_some = !last_steps.is_all() && !last_steps.is_automatic();
  if (is_some && (last_steps.count() < 1 || last_steps.count() > options.steps))
    throw DomainError(fmt::format("reverse: last_steps is {}, must be from 1 to the {} steps of the run",
                                  last_steps.count(), options.steps));
  if (!(tolerance > 0) || !(tolerance < 1))
    throw DomainError(fmt::format("reverse: tolerance is {}, must be between 0 and 1", tolerance));
  if (at_end && (memory_budget > 0 || !last_steps.is_all()))
    throw DomainError("reverse: at_end holds one step at a time: take no memory_budget and no last_steps");
}

std::unique_ptr<Linearisation> Reverse::linearise(detail::StepsPtr steps, const Wanted& wanted) const {
  check(steps->options());
  if (at_end) return detail::at_end(std::move(steps), wanted, *this);
  if (memory_budget > 0 || !last_steps.is_all()) return detail::checkpointed(std::move(steps), wanted, *this);
  return std::make_unique<WholeTape>(std::move(steps), wanted, *this);
}

}  // namespace unroll
