#include "unroll/derivative/seeds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "steps.hpp"
#include "unroll/error.hpp"

namespace unroll {

namespace detail {

Selection::Selection(std::vector<Index> at) : at_(std::move(at)) {
  for (std::size_t i = 0; i < at_.size(); ++i)
    if (at_[i] < 0 || (i > 0 && at_[i] <= at_[i - 1]))
      throw DomainError(
          fmt::format("jacobian_history: at[{}] is {}: steps must ascend from 0 on", i, at_[i]));
}

bool Selection::operator()(Index t) const {
  return at_.empty() || std::binary_search(at_.begin(), at_.end(), t);
}

Index Selection::before(Index t) const {
  return at_.empty() ? t : std::lower_bound(at_.begin(), at_.end(), t) - at_.begin();
}

Seeds Seeds::of_end(Matrix w) {
  const Index columns = w.cols();
  return {.columns = [columns](Index) { return columns; },
          .of =
              [w = std::move(w)](Index, const Vector&, bool is_end) {
                return is_end ? SeedBlock{0, w} : SeedBlock{};
              }};
}

Seeds Seeds::of_all(Selection selected, Index n) {
  return {.columns = [selected, n](Index steps) { return n * selected.before(steps + 1); },
          .wants = selected,
          .of =
              [selected, n](Index t, const Vector&, bool) {
                return selected(t) ? SeedBlock{n * selected.before(t), Matrix::Identity(n, n)} : SeedBlock{};
              }};
}

}  // namespace detail

using detail::SeedBlock;
using detail::Seeds;

Seeds Cotangent::seeds(Index n, Index steps) const {
  Seeds seeds;
  seeds.outer = outer_;
  seeds.columns = [](Index) { return Index{1}; };
  if (at_) {
    seeds.of = [at = at_, n](Index, const Vector& x, bool is_end) {
      if (!is_end) return SeedBlock{};
      Vector w = at(x);
      detail::check_product("vjp", "cotangent", w, n);
      return SeedBlock{0, std::move(w)};
    };
  } else if (along_) {
    seeds.wants = [](Index) { return true; };
    seeds.of = [along = along_, n](Index t, const Vector& x, bool) {
      Vector w = along(t, x);
      if (w.size() > 0) detail::check_product("vjp", "cotangent", w, n);
      return SeedBlock{0, std::move(w)};
    };
  } else if (list_) {
    const auto sums = std::make_shared<std::map<Index, Vector>>();
    for (const auto& [t, w] : *list_) {
      detail::check_product("vjp", "cotangent", w, n);
      if (t < 0 || t > steps)
        throw DomainError(
            fmt::format("vjp: there is a cotangent of x_{}, but the run has {} steps", t, steps));
      const auto [sum, is_first] = sums->try_emplace(t, w);
      if (!is_first) sum->second += w;
    }
    seeds.wants = [sums](Index t) { return sums->contains(t); };
    seeds.of = [sums](Index t, const Vector&, bool) {
      return sums->contains(t) ? SeedBlock{0, sums->at(t)} : SeedBlock{};
    };
    seeds.check_end = [sums](Index reached) {
      if (!sums->empty() && sums->rbegin()->first > reached)
        throw DomainError(fmt::format("vjp: there is a cotangent of x_{}, but the run ended after {} steps",
                                      sums->rbegin()->first, reached));
    };
  } else {
    if (fixed_.cols() != 1)
      throw ShapeError(fmt::format(
          "vjp: the cotangent is a {}x{} matrix, not a vector of {} entries; several cotangents are "
          "pulled back by linearise(...)->pull",
          fixed_.rows(), fixed_.cols(), n));
    detail::check_product("vjp", "cotangent", fixed_, n);
    return Seeds::of_end(fixed_);
  }
  return seeds;
}

}  // namespace unroll
