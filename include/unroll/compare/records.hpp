#pragma once

#include <optional>
#include <string>
#include <vector>

#include "unroll/types.hpp"

namespace unroll {

/// One line of a trajectory: one solver after t steps.
struct Record {
  std::string solver;                         // its name
  Index t = 0;                                // steps taken
  double objective_suboptimality = 1;         // (f(x_t) − f*)/(f(x_0) − f*)
  double jacobian_error = 1;                  // ‖∂x_t − ∂x*‖/‖∂x*‖, ∂x_t in forward mode
  std::optional<double> reverse_forward_gap;  // ‖∂x_t(reverse) − ∂x_t(forward)‖/‖∂x*‖, at some t
  std::optional<double> closed_form_gap;  // ‖∂x_t(closed form) − ∂x_t(forward)‖/‖∂x*‖, where there is one
  std::optional<double> corrected_error{};  // ‖J_t − ∂x*‖/‖∂x*‖, J_t the corrected Jacobian, where asked for
};

/// Records as CSV, a header row first, doubles in the shortest form that reads back as the same double; a
/// column corrected_error where any of them has one.
std::string to_csv(const std::vector<Record>& records);

}  // namespace unroll
