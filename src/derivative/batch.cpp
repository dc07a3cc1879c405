#include "unroll/derivative/batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <new>
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
  } catch (const std::bad_alloc&) {     // and as many as there is memory for
  }
  work();
}

namespace {
std::string text(const char* message) {
  try {
    return message;
  } catch (const std::bad_alloc&) {
    return "out of memory";  // so short that it needs none
  }
}
}  // namespace

std::string message_of(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    return text(error.what());
  } catch (...) {
    return text("an exception that is no std::exception");
  }
}

}  // namespace unroll::detail
