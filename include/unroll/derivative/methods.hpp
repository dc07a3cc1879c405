#pragma once

#include <string>
#include <vector>

#include "unroll/derivative/certified.hpp"
#include "unroll/derivative/finite_difference.hpp"
#include "unroll/derivative/forward.hpp"
#include "unroll/derivative/implicit.hpp"
#include "unroll/derivative/one_step.hpp"
#include "unroll/derivative/reverse.hpp"

namespace unroll {

/// A method and its name.
struct NamedMethod {
  std::string name;  // "reverse"
  Method method;     // with its default options
};

/// Every way to differentiate a run.
std::vector<NamedMethod> all_methods();

}  // namespace unroll
