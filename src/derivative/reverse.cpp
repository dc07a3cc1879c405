#include "unroll/derivative/reverse.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "blocks.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

using detail::Seeds;
using detail::Segment;

/// All steps on one tape: recorded once, swept as often as one likes.
class WholeTape final : public Linearisation {
 public:
  WholeTape(std::unique_ptr<detail::Steps> steps, const Wanted& wanted, Index threads)
      : Linearisation(std::move(steps), wanted),
        threads_(threads),
        tape_(detail::adjoints_per_scalar(this->steps().dimension(), wanted.columns, threads)) {}

  Pullback pull(const Seeds& seeds) override {
    if (seeds.wants) record_all(seeds.wants);
    const RunRecord& run = record();
    seeds.check_end(run.steps);
    std::vector<Segment::IterateSeed> iterates;
    const auto add = [&](Index t, const VarVector& x, bool is_end) {
      detail::SeedBlock block = seeds.of(t, x.value(), is_end);
      if (block.w.size() > 0) iterates.push_back({x, block.column, std::move(block.w)});
    };
    if (seeds.wants)
      for (const Segment::Mark& mark : tape_.marks())
        if (mark.t < run.steps && seeds.wants(mark.t)) add(mark.t, mark.x, false);
    add(run.steps, tape_.x(), true);
    detail::Cotangents c;
    tape_.sweep(c, iterates, seeds.columns(run.steps), threads_);
    return finish(c.theta, c.prepared, std::move(c.state));
  }

  Matrix jacobian() override {
    const Index n = steps().dimension();
    return pull(Seeds::of_end(Matrix::Identity(n, n))).theta.transpose();
  }

  History history(const detail::Selection& selected) override {
    const Index n = steps().dimension();
    const Matrix rows = pull(Seeds::of_all(selected, n)).theta.transpose();
    History history;
    for (const Segment::Mark& mark : tape_.marks()) {
      if (!selected(mark.t)) continue;
      history.dx.push_back(rows.middleRows(n * static_cast<Index>(history.t.size()), n));
      history.t.push_back(mark.t);
      history.x.push_back(mark.x.value());
    }
    return history;
  }

 private:
  void take_run() override { record_all({}); }

  Matrix push_checked(const Matrix& theta_dot) override { return jacobian() * theta_dot; }

  void record_all(const std::function<bool(Index t)>& marked) {
    steps().restart();
    steps().record_steps(0, steps().length(), tape_, 0, marked);
    Cost& cost = steps().record.cost;
    cost.tape_bytes = std::max(cost.tape_bytes, tape_.take_most_bytes());
  }

  Index threads_;
  Segment tape_;
};

}  // namespace

Index detail::adjoints_per_scalar(Index n, Index columns, Index threads) {
  const Index width = std::max<Index>(1, std::min(columns, block_width(n)));
  return width * std::min(threads, (columns + width - 1) / width);
}

void Reverse::check(const SolveOptions& options) const {
  if (threads < 1) throw DomainError(fmt::format("reverse: {} threads", threads));
  const bool is_some = !last_steps.is_all() && !last_steps.is_automatic();
  if (is_some && (last_steps.count() < 1 || last_steps.count() > options.steps))
    throw DomainError(fmt::format("reverse: last_steps is {}, must be from 1 to the {} steps of the run",
                                  last_steps.count(), options.steps));
}

std::unique_ptr<Linearisation> Reverse::linearise(std::unique_ptr<detail::Steps> steps,
                                                  const Wanted& wanted) const {
  check(steps->options());
  if (memory_budget > 0 || !last_steps.is_all()) return detail::checkpointed(std::move(steps), wanted, *this);
  return std::make_unique<WholeTape>(std::move(steps), wanted, threads);
}

}  // namespace unroll
