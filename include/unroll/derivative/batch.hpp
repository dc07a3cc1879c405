#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "unroll/types.hpp"

namespace unroll {

/// What became of one item of a batch: a result, or the error that it ended in.
template <class R>
struct Outcome {
  std::optional<R> result{};       // none after an error
  std::string error{};             // the message; empty if there is a result
  std::exception_ptr exception{};  // the error itself, to be rethrown

  /// True if there is a result.
  explicit operator bool() const { return result.has_value(); }
  /// The result. @throws the item's own error if there is none.
  const R& value() const {
    if (exception) std::rethrow_exception(exception);
    return result.value();
  }
};

namespace detail {
/// Calls f(0) … f(count − 1), each once, on `threads` threads, or on as many as the system has. f must not
/// throw. @throws DomainError unless threads ≥ 1 and count ≥ 0.
void for_each_index(Index count, Index threads, const std::function<void(Index)>& f);
/// The message of an exception; where there is no memory for it, that.
std::string message_of(const std::exception_ptr& exception);
}  // namespace detail

/// f(0) … f(count − 1), many θ or many problems, over threads: f(i) gives the derivative of item i, by any
/// method. An item that throws leaves its error and disturbs no other. f is called from several threads at
/// once, every item exactly once; as items share nothing, the results do not depend on the number of threads.
///
///   const auto outcomes = batch(ssize(thetas), [&](Index i) {
///     return jacobian(problem, solver, x0, thetas[i], options, Forward{});
///   }, 4);
///
/// @throws DomainError unless threads ≥ 1 and count ≥ 0.
template <class F>
auto batch(Index count, const F& f, Index threads = 1) {
  using Given = std::invoke_result_t<const F&, Index>;
  static_assert(
      !std::is_void_v<Given>,
      "batch: f(i) must return what becomes of item i, a Derivative or a Matrix say: it is found in "
      "the result, `outcomes[i].value()`");
  using R = std::conditional_t<std::is_void_v<Given>, Index, Given>;
  std::vector<Outcome<R>> outcomes(count > 0 ? static_cast<std::size_t>(count) : 0);
  detail::for_each_index(count, threads, [&](Index i) {
    Outcome<R>& outcome = outcomes[static_cast<std::size_t>(i)];
    try {
      if constexpr (!std::is_void_v<Given>) outcome.result.emplace(f(i));
    } catch (...) {
      outcome.exception = std::current_exception();
      outcome.error = detail::message_of(outcome.exception);
    }
  });
  return outcomes;
}

}  // namespace unroll
