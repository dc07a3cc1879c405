#pragma once

#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "judge.hpp"

namespace unroll::detail {

inline constexpr std::size_t terms_looked_at = 4;   // of a series that are looked at
inline constexpr double rounding_of_terms = 1e-13;  // of terms

/// ‖(I − A)⁻¹R‖ ≤ Σ_j ‖A^j R‖: some terms of the series, the rest by ‖A‖ ≤ q where that is known, else by an
/// estimate from the ratio of the last. Of an R that is negligible, rounding may be, only itself.
struct Series {
  double sum = 0, ratio = 0;
  std::optional<double> known;  // q, unless a term contradicts it

  template <class Apply>
  Series(const Apply& apply, Matrix r, std::optional<double> q, double negligible = 0,
         std::size_t count = terms_looked_at)
      : known(q) {
    std::vector<double> sizes{norm(r)};
    if (sizes.back() <= negligible) {
      sum = sizes.back();
      return;
    }
    constexpr std::size_t most = 32;  // of terms that grow before they fall
    const std::size_t latter = count / 2;
    const auto rises = [&] { return sizes.back() >= sizes[sizes.size() - 1 - latter]; };
    for (std::size_t j = 0; (j < count || (j < most && rises())) && sizes.back() > 0; ++j) {
      sum += sizes.back();
      r = apply(r);
      sizes.push_back(norm(r));
      if (known && sizes.back() > (*known + rounding_of_terms) * sizes[sizes.size() - 2]) known.reset();
    }
    if (sizes.back() == 0) return;
    if (!std::isfinite(sizes.back())) {
      sum = std::numeric_limits<double>::infinity();
      return;
    }
    ratio = std::pow(sizes.back() / sizes[sizes.size() - 1 - latter], 1.0 / static_cast<double>(latter));
    const double slack = known ? 1 : 2;  // the ratio grows towards that of the slowest direction
    const double of_rest = known.value_or(ratio);
    sum += of_rest < 1 ? slack * sizes.back() / (1 - of_rest) : std::numeric_limits<double>::infinity();
  }
};

/// change/(1 − q), what is still to come of what changed so in one step.
inline double ahead(double change, double ratio) {
  if (change == 0) return 0;
  return ratio < 1 ? change / (1 - ratio) : std::numeric_limits<double>::infinity();
}

}  // namespace unroll::detail
