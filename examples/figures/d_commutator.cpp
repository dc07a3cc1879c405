// Quadratics whose ∂H commutes less and less with H: the master identity and the general closed form against
// what unrolling gives.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "study.hpp"
#include "synthetic.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"
#include "unroll/solver/heavy_ball.hpp"
#include "unroll/theory/closed_form.hpp"

namespace figures {
namespace {

using namespace unroll;

constexpr Index n = 20;
constexpr double smallest = 0.01, largest = 1;

/// ∂H = cos(φ) D + sin(φ) R, scaled to norm 1, D with the eigenvectors of H and R symmetric at random.
Quadratic make_case(double angle, std::uint64_t seed) {
  NormalGenerator normal(seed);
  const auto [H, V] = random_hessian(n, smallest, largest, normal);
  const Matrix D = symmetric(V * normal.vector(n).asDiagonal() * V.transpose());
  const Matrix R = symmetric(normal.matrix(n, n));
  const Matrix E = std::cos(angle) * D / D.norm() + std::sin(angle) * R / R.norm();
  const Matrix b = normal.matrix(n, 2);
  return {AffineQuadratic(H, {E}, b.col(0), b.col(1)), 10 * normal.vector(n)};
}

/// max over t of the distance between a closed form and the unrolled Jacobian, over ‖∂x*‖.
template <class Method>
double gap(const Quadratic& c, const Method& method, Formula formula, const History& run) {
  ClosedForm form(c.problem, method, c.start, Vector::Zero(1), {}, formula);
  Vector gaps(std::ssize(run.dx));
  for (std::size_t t = 0; t < run.dx.size(); ++t, form.advance())
    gaps[static_cast<Index>(t)] = (form.jacobian() - run.dx[t]).norm();
  return gaps.maxCoeff<Eigen::PropagateNaN>() / form.minimiser_jacobian().norm();
}

template <class Method>
std::vector<Row> job(double angle, std::uint64_t seed, const Method& method) {
  const Quadratic c = make_case(angle, seed);
  const History run =
      jacobian_history(c.problem, method, c.start, Vector::Zero(1), {.steps = 300}, Forward{});
  const ClosedForm form(c.problem, method, c.start, Vector::Zero(1));
  return {{cell(form.commutator()), cell(gap(c, method, Formula::commuting, run)),
           cell(gap(c, method, Formula::general, run))}};
}

void compute(const Settings& settings, const std::filesystem::path& csv) {
  std::vector<Job> jobs;
  const int points = settings.choose(19, 5), seeds = settings.choose(3, 1);
  const auto add = [&](const std::string& name, auto method) {
    for (int i = 0; i < points; ++i) {
      const double angle = std::acos(0) * std::pow(10, -9.0 + 9.0 * i / (points - 1));
      for (int j = 0; j < seeds; ++j) {
        const std::uint64_t seed = settings.seed + static_cast<std::uint64_t>(j);
        jobs.push_back({{name, cell(angle), fmt::format("{}", seed)},
                        [angle, seed, method] { return job(angle, seed, method); }});
      }
    }
  };
  add("gd-large", GradientDescent::large_step(smallest, largest));
  add("heavy-ball", HeavyBall::optimal(smallest, largest));
  add("chebyshev", Chebyshev{smallest, largest});
  run_jobs({"solver", "angle", "seed", "commutator", "master_identity_gap", "general_gap"}, jobs, csv,
           settings.jobs);
}

Panels picture(const Records& records) {
  Figure identity{.title = "master identity",
                  .x_label = "commutator  ‖[∂H, H]‖ / ( ‖∂H‖ ‖H‖ )",
                  .y_label = "max_t ‖∂x_t − formula‖ / ‖∂x*‖",
                  .curves = {},
                  .x_range = {{1e-10, 1}},
                  .y_range = {{1e-16, 10}},
                  .legend = Legend::none};
  Figure general = identity;
  general.title = "general closed form";
  general.y_label.clear();
  general.legend = Legend::list;
  const std::vector<std::size_t> styles = {1, 2, 4};
  std::size_t i = 0;
  for (const std::string& solver : records.different("solver")) {
    const Records some = records.where("solver", solver);
    identity.curves.push_back(
        curve(some, "commutator", "master_identity_gap", solver, styles.at(i), Stroke::points));
    general.curves.push_back(
        curve(some, "commutator", "general_gap", solver, styles.at(i++), Stroke::points));
  }
  return {.name = "d_commutator",
          .title = "What if ∂H does not commute with H?",
          .subtitle =
              fmt::format("formula against unrolling, quadratics with n = {}, κ = {}, {} seeds, 300 steps", n,
                          largest / smallest, records.different("seed").size()),
          .figures = {identity, general}};
}

std::string sentence(const Records& records) {
  const auto commutator = records.numbers("commutator"), identity = records.numbers("master_identity_gap"),
             general = records.numbers("general_gap");
  const Peak worst_identity = peak(commutator, identity), worst_general = peak(commutator, general);
  const double power = exponent(commutator, identity);
  const char* verdict = worst_general.height > 1e-8    ? "the general closed form fails too"
                        : worst_identity.height > 1e-8 ? "only the general closed form holds"
                                                       : "both formulas hold";
  return fmt::format(
      "Where ∂H does not commute with H, the master identity is off by up to {:.2g} ‖∂x*‖, growing like the "
      "commutator to the power {:.2f}; the general closed form by at most {:.1g} ‖∂x*‖ for every commutator "
      "from "
      "{:.1g} to {:.2g}: {}.",
      worst_identity.height, power, worst_general.height,
      *std::min_element(commutator.begin(), commutator.end()),
      *std::max_element(commutator.begin(), commutator.end()), verdict);
}

}  // namespace

Study commutator() { return {"d_commutator", compute, picture, sentence}; }

}  // namespace figures
