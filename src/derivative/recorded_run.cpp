#include "unroll/derivative/recorded_run.hpp"

#include <algorithm>

#include "blocks.hpp"

namespace unroll::detail {

std::vector<Matrix> RecordedRun::jacobians(const Matrix& dx0, Index threads) const {
  const std::vector<VarVector>& xs = kept_;
  const Index n = x0_.size();
  std::vector<Matrix> dx(xs.size(), Matrix(n, theta_.size()));
  const Index rows = n * static_cast<Index>(xs.size());  // of all of them, one under another
  const Index most = block_width(n);
  const Index blocks = (rows + most - 1) / most;

  const auto pull_block = [&](Index block) {
    const Index begin = block * most, width = std::min(most, rows - begin);
    std::vector<Seed> seeds;
    // Calls f(iterate, its first row in the block, how many, their first column).
    const auto for_each_part = [&](const auto& f) {
      for (Index row = begin; row < begin + width;) {
        const Index count = std::min(n - row % n, begin + width - row);
        f(static_cast<std::size_t>(row / n), row % n, count, row - begin);
        row += count;
      }
    };
    for_each_part([&](std::size_t i, Index first, Index count, Index column) {
      if (xs[i].is_constant()) return;  // the solver left x_0 and θ for a constant
      seeds.push_back({xs[i], Matrix::Zero(n, width)});
      seeds.back().cotangents.block(first, column, count, count).setIdentity();
    });
    Matrix pulled = Matrix::Zero(width, theta_.size());
    if (!seeds.empty()) {
      const Sweep sweep = tape_.sweep(seeds);
      pulled = total(sweep.adjoint(theta_), sweep.adjoint(x0_), dx0);
    }
    for_each_part([&](std::size_t i, Index first, Index count, Index column) {
      dx[i].middleRows(first, count) = pulled.middleRows(column, count);
    });
  };

  for_each_block(blocks, threads, pull_block);
  return dx;
}

}  // namespace unroll::detail
