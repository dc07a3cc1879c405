#include "errors.hpp"

#include <tuple>

#include "unroll/error.hpp"

namespace unroll::mpi {

namespace {

/// The classes that are told apart, by their place from 1; what is none of them is the last.
using Kinds =
    std::tuple<ShapeError, TapeError, DomainError, DataError, NumericalError, UnsupportedError, Error>;
constexpr std::size_t last = std::tuple_size_v<Kinds> - 1;

template <std::size_t I>
int kind_from(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const std::tuple_element_t<I, Kinds>&) {
    return static_cast<int>(I) + 1;
  } catch (...) {
    if constexpr (I < last)
      return kind_from<I + 1>(exception);
    else
      return static_cast<int>(last) + 1;
  }
}
template <std::size_t I>
std::exception_ptr exception_from(int kind, const std::string& message) {
  if constexpr (I < last)
    if (kind != static_cast<int>(I) + 1) return exception_from<I + 1>(kind, message);
  return std::make_exception_ptr(std::tuple_element_t<I, Kinds>(message));
}

}  // namespace

int kind_of(const std::exception_ptr& exception) { return exception ? kind_from<0>(exception) : 0; }

std::exception_ptr exception_of(int kind, const std::string& message) {
  return kind == 0 ? nullptr : exception_from<0>(kind, message);
}

}  // namespace unroll::mpi
