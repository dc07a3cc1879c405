#include "unroll/solver/option_checks.hpp"

#include <fmt/format.h>

#include <cmath>

#include "unroll/error.hpp"

namespace unroll::detail {

void check_option(std::string_view method, std::string_view name, double value, std::string_view wanted,
                  bool holds) {
  if (!holds) throw DomainError(fmt::format("{}: the {} is {}, it must be {}", method, name, value, wanted));
}

void check_step_size(std::string_view method, double step_size) {
  check_option(method, "step size", step_size, "positive and finite",
               step_size > 0 && std::isfinite(step_size));
}

void check_memory(std::string_view method, double memory) {
  check_option(method, "memory", memory, "at least 1", memory >= 1);
}

void check_image(std::string_view function, Index given, Index taken) {
  if (given != taken) throw ShapeError(fmt::format("{} gave {} entries for {}", function, given, taken));
}

}  // namespace unroll::detail
