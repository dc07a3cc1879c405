#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "unroll/problem/make_problem.hpp"

namespace unroll {

/// f(x, θ) = (1/m) Σ_{i<m} f_i(x, θ), whose terms can be asked for in batches.
class FiniteSum : public Problem {
 public:
  virtual Index terms() const = 0;  // m
  /// The mean over the terms `rows` alone, none of them checked here.
  virtual std::shared_ptr<const Problem> batch(std::vector<Index> rows) const = 0;
};

namespace detail {

/// f(x, θ, rows) with the rows chosen.
template <class F>
struct OverRows {
  std::shared_ptr<const F> f;
  std::vector<Index> rows;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return (*f)(x, theta, std::span<const Index>(rows));
  }
};

/// 0 … m − 1. @throws ShapeError unless m ≥ 1.
std::vector<Index> all_rows(Index m);

}  // namespace detail

/// A finite sum from the user's template f(x, θ, rows): itself the mean over all rows, and for each batch a
/// problem of the same kind.
template <class F>
class TemplateFiniteSum final : public TemplateProblem<detail::OverRows<F>, FiniteSum> {
 public:
  /// @throws ShapeError unless n, m ≥ 1 and p ≥ 0.
  TemplateFiniteSum(F f, Index n, Index p, Index m)
      : TemplateFiniteSum(std::make_shared<const F>(std::move(f)), n, p, m) {}

  Index terms() const override { return static_cast<Index>(this->function().rows.size()); }
  std::shared_ptr<const Problem> batch(std::vector<Index> rows) const override {
    using Batch = TemplateProblem<detail::OverRows<F>>;
    return std::make_shared<const Batch>(detail::OverRows<F>{this->function().f, std::move(rows)},
                                         this->dimension(), this->parameters());
  }

 private:
  TemplateFiniteSum(std::shared_ptr<const F> f, Index n, Index p, Index m)
      : TemplateProblem<detail::OverRows<F>, FiniteSum>({std::move(f), detail::all_rows(m)}, n, p) {}
};

/// The problem min_x (1/m) Σ_i f_i(x, θ) with n = dim x, p = dim θ, m terms. f(x, theta, rows) is a template
/// over the array type as that of make_problem; `rows` is a std::span<const Index> into 0 … m − 1, and the
/// value the mean of f_i over it. @throws ShapeError unless n, m ≥ 1 and p ≥ 0.
template <class F>
TemplateFiniteSum<F> make_finite_sum(F f, Index n, Index p, Index m) {
  return TemplateFiniteSum<F>(std::move(f), n, p, m);
}

}  // namespace unroll
