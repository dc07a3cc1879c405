#include "blocks.hpp"

#include <algorithm>
#include <exception>
#include <vector>

#include "unroll/derivative/batch.hpp"

namespace unroll::detail {

Index block_width(Index n) {
  constexpr Index entries = Index{1} << 14, least = 64, most = 512;
  return std::clamp(entries / std::max<Index>(n, 1), least, most);
}

Index adjoints_per_scalar(Index n, Index columns, Index threads) {
  const Index width = std::max<Index>(1, std::min(columns, block_width(n)));
  return width * std::min(threads, (columns + width - 1) / width);
}

void for_each_block(Index count, Index threads, const std::function<void(Index)>& f) {
  if (count == 1) return f(0);
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(count));
  for_each_index(count, threads, [&](Index b) {
    try {
      f(b);
    } catch (...) {
      failures[static_cast<std::size_t>(b)] = std::current_exception();
    }
  });
  for (const auto& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace unroll::detail
