#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mpi/ranks.hpp"
#include "unroll/mpi/sum_over_ranks.hpp"
#include "unroll/unroll.hpp"

namespace unroll::test {

/// The same problem over the ranks and on this one alone.
struct Pair {
  std::string name;
  std::shared_ptr<const Problem> over, alone;
};

struct SmoothFit {  // a template with p = 3: mean of softplus residuals, two penalties and a shift
  Matrix a;
  Vector y;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const V r = a * x - y;
    return sum(softplus(r)) / static_cast<double>(y.size()) + 0.5 * theta[0] * squared_norm(x) +
           theta[1] * sum(softplus(x)) + theta[2] * sum(r) / static_cast<double>(y.size());
  }
};

inline std::vector<Pair> pairs() {
  const Table t = table(101, 7);
  const mpi::Rows mine = mpi::rows_of_rank(t.a.rows(), ranks());
  const auto pair = [&](std::string name, const auto& make) {
    const auto over = [&] { return make(t.rows(mine), t.labels(mine)); };
    const auto alone = [&] { return make(t.a, t.y); };
    return Pair{std::move(name),
                std::make_shared<const mpi::SumOverRanks>(mpi::mean_over_ranks(ranks(), mine.count, over)),
                mpi::detail::made(alone)};
  };
  return {pair("ridge", [](const Matrix& a, const Vector& y) { return ridge(a, y); }),
          pair("logistic", [](const Matrix& a, const Vector& y) { return logistic(a, y); }),
          pair("template", [](const Matrix& a, const Vector& y) {
            return make_problem(SmoothFit{a, y}, 7, 3);
          })};
}

/// A root of two unknowns.
struct Coupled {  // F_r, a part of x² + x + K x = θ, where ∂F is not symmetric
  double weight;
  Matrix coupling = Matrix{{0.0, 0.1}, {-0.1, 0.0}};
  template <class V>
  V operator()(const V& x, const V& theta) const {
    return weight * (pow(x, 2) + x + coupling * x - theta[0]);
  }
};

}  // namespace unroll::test
