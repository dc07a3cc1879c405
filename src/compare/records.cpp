#include "unroll/compare/records.hpp"

#include <fmt/format.h>

#include <iterator>

namespace unroll {

std::string to_csv(const std::vector<Record>& records) {
  const auto cell = [](const std::optional<double>& value) {
    return value ? fmt::format("{}", *value) : std::string();
  };
  std::string text = "solver,t,objective_suboptimality,jacobian_error,reverse_forward_gap,closed_form_gap\n";
  for (const Record& r : records) {
    fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{}\n", r.solver, r.t, r.objective_suboptimality,
                   r.jacobian_error, cell(r.reverse_forward_gap), cell(r.closed_form_gap));
  }
  return text;
}

}  // namespace unroll
