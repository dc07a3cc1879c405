#pragma once

#include <vector>

#include "unroll/ad/tape.hpp"
#include "unroll/derivative/methods.hpp"
#include "unroll/derivative/result.hpp"
#include "unroll/solver/run.hpp"

namespace unroll::detail {

/// A run recorded on one tape, to be swept from any iterate that was kept.
class RecordedRun {
 public:
  /// Runs the solver; `keep(t)` says which iterates will be swept from.
  template <class S, class Keep>
  RecordedRun(const Problem& problem, const S& solver, const Vector& x0, const Vector& theta,
              const SolveOptions& options, const Keep& keep)
      : tape_(), x0_(tape_.input(x0)), theta_(tape_.input(theta)) {
    const auto end = run(Oracle<VarVector>(problem, &record_.cost), solver, x0_, theta_, options,
                         [&](Index t, const auto& state) {
                           if (!keep(t)) return;
                           kept_steps_.push_back(t);
                           kept_.push_back(state.x);
                         });
    record_.x = end.state.x.value();
    record_.steps = end.steps;
    record_.status = end.status;
    record_.cost.tape_bytes = tape_.statistics().bytes();
  }

  const std::vector<Index>& kept_steps() const { return kept_steps_; }
  const std::vector<VarVector>& kept() const { return kept_; }
  /// The record, with the products counted that sweeps have spent so far.
  const RunRecord& record() const { return record_; }

  /// ∂x(θ), n×p, total, given ∂x_0, of the iterates that were kept: their rows in blocks of cotangents, one
  /// sweep a block, blocks over threads.
  std::vector<Matrix> jacobians(const Matrix& dx0, Index threads) const;

 private:
  Tape tape_;
  RunRecord record_;
  VarVector x0_, theta_;
  std::vector<Index> kept_steps_;
  std::vector<VarVector> kept_;
};

}  // namespace unroll::detail
