#include "unroll/derivative/seeds.hpp"

#include <fmt/format.h>

#include <algorithm>
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

Cotangent::Cotangent(std::vector<IterateCotangent> along) : list_(std::move(along)), is_list_(true) {
  std::stable_sort(list_.begin(), list_.end(), [](const auto& a, const auto& b) { return a.t < b.t; });
}

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
  } else if (is_list_) {
    for (const IterateCotangent& c : list_) {
      detail::check_product("vjp", "cotangent", c.w, n);
      if (c.t < 0 || c.t > steps)
        throw DomainError(
            fmt::format("vjp: there is a cotangent of x_{}, but the run has {} steps", c.t, steps));
    }
    const auto list = std::make_shared<const std::vector<IterateCotangent>>(list_);
    const auto first = [list](Index t) {
      return std::lower_bound(list->begin(), list->end(), t,
                              [](const auto& c, Index at) { return c.t < at; });
    };
    seeds.wants = [list, first](Index t) { return first(t) != list->end() && first(t)->t == t; };
    seeds.of = [list, first](Index t, const Vector&, bool) {
      SeedBlock block;
      for (auto c = first(t); c != list->end() && c->t == t; ++c)
        block.w = block.w.size() == 0 ? Matrix(c->w) : Matrix(block.w + c->w);
      return block;
    };
    seeds.check_end = [list](Index reached) {
      if (!list->empty() && list->back().t > reached)
        throw DomainError(fmt::format("vjp: there is a cotangent of x_{}, but the run ended after {} steps",
                                      list->back().t, reached));
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
