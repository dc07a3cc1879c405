#include "unroll/derivative/certificate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace unroll {
namespace {

std::string_view origin(ConstantSource source) {
  switch (source) {
    case ConstantSource::none:
      return "of no known origin";
    case ConstantSource::given:
      return "given";
    case ConstantSource::exact:
      return "the smallest eigenvalue of H";
    case ConstantSource::known:
      return "known of the problem";
    case ConstantSource::estimated:
      return "estimated, as is the bound";
  }
  return "";
}

/// Some of the entries where the derivative has two sides.
std::string where(const std::vector<Index>& kinks) {
  if (kinks.empty()) return "";
  constexpr std::size_t most = 8;
  const std::span some(kinks.data(), std::min(kinks.size(), most));
  return fmt::format(" of the step in entr{} {}{}, beyond which x* may move otherwise",
                     kinks.size() == 1 ? "y" : "ies", fmt::join(some, ", "),
                     kinks.size() > most ? fmt::format(" and {} more", kinks.size() - most) : "");
}

}  // namespace

std::string_view describe(Verdict verdict) {
  switch (verdict) {
    case Verdict::good:
      return "good";
    case Verdict::inside_burn_in:
      return "inside burn-in";
    case Verdict::not_converged:
      return "not converged";
    case Verdict::other_equation:
      return "other equation";
    case Verdict::at_kink:
      return "at a kink";
    case Verdict::wrong_by_at_least:
      return "wrong";
    case Verdict::unknown:
      return "unknown";
  }
  return "";
}

std::string Certificate::message() const {
  const auto measured = [](const std::optional<double>& value) {
    return value ? fmt::format("{:.3g}", *value) : std::string("not measured");
  };
  const bool is_fixed_point = equation == Equation::fixed_point;
  const std::string of_x =
      fmt::format("{} {}", is_fixed_point ? "x - Phi(x)" : "gradient", measured(gradient_norm));
  if (verdict == Verdict::other_equation)
    return fmt::format(
        "{}: the steps have come to rest where the {} equation does not hold ({}); the solver solves another "
        "one, "
        "and declares it by `static constexpr Equation equation`",
        describe(verdict), is_fixed_point ? "fixed-point" : "gradient's", of_x);
  if (!bound)
    return fmt::format("{}{}: no bound{}{} ({}, residual {}{})", describe(verdict), where(kinks),
                       missing.empty() ? "" : ", ", missing, of_x, measured(residual),
                       is_skipped
                           ? "; the rest would cost more than a tenth of the derivative, ask by .certify = "
                             "Certify::always"
                           : "");
  const std::string relative = norm > 0 ? fmt::format(", {:.2g} of its norm", *bound / norm) : "";
  const std::string lower = at_least ? fmt::format("by at least {:.3g} and ", *at_least) : "";
  const std::string constant = smallest_eigenvalue ? fmt::format("curvature {:.3g}", *smallest_eigenvalue)
                                                   : fmt::format("contraction {}", measured(contraction));
  return fmt::format("{}{}{}: off {}by at most {:.3g}{} ({}, residual {}, {}, {})", describe(verdict),
                     where(kinks), estimated() ? ", by estimate" : "", lower, *bound, relative, of_x,
                     measured(residual), constant, origin(source));
}

}  // namespace unroll
