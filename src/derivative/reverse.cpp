#include "unroll/derivative/reverse.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>

namespace unroll::detail {

namespace {

// Cotangents in one sweep. Fixed, so that the result does not depend on the number of threads; wide enough
// for matrix products, narrow enough that a block of adjoints of a few hundred rows stays in the second
// cache.
constexpr Index block_width = 64;

}  // namespace

Pullback RecordedRun::pull(const VarVector& x, const Matrix& cotangents) const {
  if (x.is_constant())  // the solver left x_0 and θ for a constant
    return {Matrix::Zero(x0_.size(), cotangents.cols()), Matrix::Zero(theta_.size(), cotangents.cols())};
  const Sweep sweep = tape_.sweep(x, cotangents);
  return {sweep.adjoint(x0_), sweep.adjoint(theta_)};
}

Matrix RecordedRun::jacobian(const VarVector& x, const Matrix& dx0, Index threads) const {
  const Index n = x.size();
  Matrix dx(n, theta_.size());
  const Index blocks = (n + block_width - 1) / block_width;
  std::atomic<Index> next{0};
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(std::max<Index>(blocks, 1)));
  const auto work = [&] {
    for (Index b = next++; b < blocks; b = next++) {
      try {
        const Index first = b * block_width;
        const Index width = std::min(block_width, n - first);
        Matrix seeds = Matrix::Zero(n, width);
        seeds.middleRows(first, width).setIdentity();
        const Pullback back = pull(x, seeds);
        dx.middleRows(first, width) = back.theta.transpose() + back.x0.transpose() * dx0;
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
