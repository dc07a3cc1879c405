#include "unroll/derivative/reverse.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

namespace unroll::detail {

namespace {

// Cotangents in one sweep: so many that a block of adjoints fills about 128 KiB, a part of the second cache,
// and products of matrices pay. It does not depend on the number of threads, and so neither does the result.
Index block_width(Index n) {
  constexpr Index entries = Index{1} << 14, least = 64, most = 512;
  return std::clamp(entries / std::max<Index>(n, 1), least, most);
}

}  // namespace

Pullback RecordedRun::pull(const VarVector& x, const Matrix& cotangents) const {
  if (x.is_constant())  // the solver left x_0 and θ for a constant
    return {Matrix::Zero(x0_.size(), cotangents.cols()), Matrix::Zero(theta_.size(), cotangents.cols())};
  const Sweep sweep = tape_.sweep(x, cotangents);
  return {sweep.adjoint(x0_), sweep.adjoint(theta_)};
}

std::vector<Matrix> RecordedRun::jacobians(std::span<const VarVector> xs, const Matrix& dx0,
                                           Index threads) const {
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
      pulled = sweep.adjoint(theta_).transpose() + sweep.adjoint(x0_).transpose() * dx0;
    }
    for_each_part([&](std::size_t i, Index first, Index count, Index column) {
      dx[i].middleRows(first, count) = pulled.middleRows(column, count);
    });
  };

  std::atomic<Index> next{0};
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(blocks));
  const auto work = [&] {
    for (Index b = next++; b < blocks; b = next++) {
      try {
        pull_block(b);
      } catch (...) {
        failures[static_cast<std::size_t>(b)] = std::current_exception();
      }
    }
  };
  std::vector<std::jthread> helpers;
  for (Index i = 1; i < std::min(threads, blocks); ++i) helpers.emplace_back(work);
  work();
  helpers.clear();
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return dx;
}

}  // namespace unroll::detail
