#include "blocks.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

namespace unroll::detail {

Index block_width(Index n) {
  constexpr Index entries = Index{1} << 14, least = 64, most = 512;
  return std::clamp(entries / std::max<Index>(n, 1), least, most);
}

void for_each_block(Index count, Index threads, const std::function<void(Index)>& f) {
  if (count == 1) return f(0);
  std::atomic<Index> next{0};
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(count));
  const auto work = [&] {
    for (Index b = next++; b < count; b = next++) {
      try {
        f(b);
      } catch (...) {
        failures[static_cast<std::size_t>(b)] = std::current_exception();
      }
    }
  };
  std::vector<std::jthread> helpers;
  for (Index i = 1; i < std::min(threads, count); ++i) helpers.emplace_back(work);
  work();
  helpers.clear();
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

Matrix total(const Matrix& theta, const Matrix& x0, const Matrix& dx0) {
  return theta.transpose() + x0.transpose() * dx0;
}

}  // namespace unroll::detail
