// What accuracy on demand costs, beside the best fixed choice of steps and method in hindsight: by one who
// knew the solution and tried them all. UNROLL_TEST_CASES=5 in the environment takes all bundled data, for
// minutes.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "derivative/cases.hpp"
#include "derivative/data_instances.hpp"
#include "support/counts.hpp"

namespace unroll::hindsight {
namespace {

/// A product ∂x*ᵀw that is wanted to an accuracy.
struct Wish {
  const Instance& instance;
  Vector w, exact;
  double accuracy;

  double error(const Vector& found) const { return (found - exact).norm() / exact.norm(); }
  template <class S>
  Vjp by(const S& solver, Index steps, const Method& method) const {
    return vjp(*instance.problem, solver, instance.start, instance.theta, w, {.steps = steps}, method);
  }
};

Index spent(const Cost& cost) { return cost.gradients + cost.hessian_vector_products; }

/// A fixed choice that reaches the accuracy.
struct Choice {
  Index cost;  // gradients and products
  std::string name;
};

/// The cheaper of the two, where `reaches(cost, t)` keeps to the accuracy from t on: what reaches it at a t
/// and loses it again was lucky. `ts` ends where that is well known.
template <class Reaches>
void consider(Choice& best, const std::string& name, const std::vector<Index>& ts, const Reaches& reaches) {
  for (auto t = ts.rbegin(); t != ts.rend(); ++t) {
    Cost cost;
    if (!reaches(*t, cost)) return;
    if (spent(cost) < best.cost) best = {spent(cost), fmt::format("{}, T = {}", name, *t)};
  }
}

/// 1, 2, …, then every thirtieth part further, to `last`.
std::vector<Index> steps_up_to(Index last) {
  std::vector<Index> ts;
  for (Index t = 1; t <= last; t += 1 + t / 30) ts.push_back(t);
  return ts;
}

/// Over T, and of implicit differentiation over the tolerance of its conjugate gradients; unrolled, corrected
/// or not. At most `best`, where nothing is cheaper.
template <class S>
Choice best_fixed(const Wish& wish, const S& solver, Choice best) {
  const Instance& i = wish.instance;
  const Index most = best.cost;
  for (Index steps = 200; 2 * best.cost > steps && steps <= 2 * most; steps *= 3) {
    const std::vector<Index> ts = steps_up_to(steps);
    std::map<Index, Vector> x;
    const auto look = [&](Index t, const Vector& at) {
      if (std::binary_search(ts.begin(), ts.end(), t)) x[t] = at;
    };
    solve(*i.problem, solver, i.start, i.theta, {.steps = steps, .observer = look});
    for (double tolerance = 1e-12; tolerance < 1; tolerance *= 10) {
      const Implicit method{.linear_solver = LinearSolver::conjugate_gradient, .tolerance = tolerance};
      consider(best, fmt::format("implicit to {:.0e}", tolerance), ts, [&](Index t, Cost& cost) {
        cost.gradients = t;
        return wish.error(implicit_vjp(*i.problem, x.at(t), i.theta, wish.w, method, &cost)) <= wish.accuracy;
      });
    }
  }
  for (const bool corrected : {true, false})
    consider(best, corrected ? "corrected" : "unrolled", steps_up_to(best.cost), [&](Index t, Cost& cost) {
      const Vjp v = wish.by(solver, t, Reverse{.corrected = corrected, .certify = Certify::never});
      cost = v.cost;
      return wish.error(v.dtheta) <= wish.accuracy;
    });
  return best;
}

/// Rows of the table, and the ratios of each loss and accuracy.
class Comparison {
 public:
  template <class S>
  void add(const std::string& data, const std::string& loss, const std::string& name, const Wish& wish,
           const S& solver) {
    constexpr Index most_steps = 50000;  // where no fixed choice reaches it by then, that is its cost
    const Choice best = best_fixed(wish, solver, {most_steps, "none"});
    const Vjp v = wish.by(solver, most_steps, Certified{wish.accuracy});
    const double error = wish.error(v.dtheta),
                 ratio = static_cast<double>(spent(v.cost)) / static_cast<double>(best.cost);
    table_ += fmt::format("{:<25}{:<9}{:<17}{:8.0e}{:10.1e}{:6}{:7}{:7.2f}  {}\n", data, loss, name,
                          wish.accuracy, error, spent(v.cost), best.cost, ratio, best.name);
    CAPTURE(data);
    CAPTURE(v.path);
    CHECK(error <= wish.accuracy);
    CHECK(v.certificate.verdict == Verdict::good);
    ratios_[loss][wish.accuracy].push_back(ratio);
  }
  /// Of each accuracy, from the coarsest, the median is at most that of `medians`, and all are at most
  /// `worst`.
  void check(const std::string& loss, std::vector<double> medians, double worst) {
    for (auto& [accuracy, ratios] : ratios_.at(loss)) {
      std::sort(ratios.begin(), ratios.end());
      const double median = (ratios[ratios.size() / 2] + ratios[(ratios.size() - 1) / 2]) / 2;
      table_ += fmt::format("{:<9} to {:.0e}: median {:.2f}, worst {:.2f} of {}\n", loss, accuracy, median,
                            ratios.back(), ratios.size());
      CHECK(median <= medians.back());
      CHECK(ratios.back() <= worst);
      medians.pop_back();
    }
  }
  const std::string& table() const { return table_; }

 private:
  std::string table_ =
      fmt::format("{:<25}{:<9}{:<17}{:>8}{:>10}{:>6}{:>7}{:>7}  {}\n", "data", "loss", "solver", "accuracy",
                  "error", "cost", "fixed", "ratio", "the best fixed choice");
  std::map<std::string, std::map<double, std::vector<double>>> ratios_;
};

TEST_CASE("accuracy on demand costs no more than the best fixed choice in hindsight would have") {
  Comparison comparison;
  int left = test::repetitions(1);
  for (const std::string& data : data_names(UNROLL_DATA_DIR)) {
    if (left-- == 0) break;
    for (const char* const loss : {"ridge", "logistic"}) {
      const Instance i = test::data_instance(data, loss, 0.01, 1);
      const Vector w = Vector::LinSpaced(i.start.size(), -1, 1), exact = i.jacobian.transpose() * w;
      const Spectrum s = test::spectrum_everywhere(i);
      for (const double accuracy : {1e-2, 1e-4, 1e-8}) {
        const auto add = [&](const char* name, const auto& solver) {
          comparison.add(data, loss, name, {i, w, exact, accuracy}, solver);
        };
        add("gradient descent", GradientDescent{1 / s.largest});
        add("heavy ball", HeavyBall::optimal(s.smallest, s.largest));
        add("Nesterov", Nesterov::optimal(s.smallest, s.largest));
        add("Chebyshev", Chebyshev{s.smallest, s.largest});
      }
    }
  }
  comparison.check("ridge", {1.3, 0.8, 0.5}, 2);
  comparison.check("logistic", {1.8, 1.0, 0.6}, 2);
  MESSAGE("gradients and products\n", comparison.table());
}

}  // namespace
}  // namespace unroll::hindsight
