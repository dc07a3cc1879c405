#include "unroll/compare/records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace unroll {

std::string to_csv(const std::vector<Record>& records) {
  const auto cell = [](const std::optional<double>& value) {
    return value ? fmt::format("{}", *value) : std::string();
  };
  const bool corrected = std::any_of(records.begin(), records.end(),
                                     [](const Record& r) { return r.corrected_error.has_value(); });
  std::string text = "solver,t,objective_suboptimality,jacobian_error,reverse_forward_gap,closed_form_gap";
  text += corrected ? ",corrected_error\n" : "\n";
  for (const Record& r : records) {
    fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{}", r.solver, r.t, r.objective_suboptimality,
                   r.jacobian_error, cell(r.reverse_forward_gap), cell(r.closed_form_gap));
    text += corrected ? "," + cell(r.corrected_error) + "\n" : "\n";
  }
  return text;
}

}  // namespace unroll
