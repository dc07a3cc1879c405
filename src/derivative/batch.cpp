#include "unroll/derivative/batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <system_error>
#include <thread>

#include "unroll/error.hpp"

namespace unroll::detail {

void for_each_index(Index count, Index threads, const std::function<void(Index)>& f) {
  if (threads < 1) throw DomainError(fmt::format("batch: {} threads", threads));
  if (count < 0) throw DomainError(fmt::format("batch: {} items", count));
  std::atomic<Index> next{0};
  const auto work = [&] {
    for (Index i = next++; i < count; i = next++) f(i);
  };
  std::vector<std::jthread> helpers;
  try {
    for (Index i = 1; i < std::min(threads, count); ++i) helpers.emplace_back(work);
  } catch (const std::system_error&) {  // as many as the system has: those that there are do the work
  }
  work();
}

std::string message_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

}  // namespace unroll::detail
