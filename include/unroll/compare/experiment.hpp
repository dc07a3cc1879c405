#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "unroll/compare/instance.hpp"
#include "unroll/compare/jobs.hpp"
#include "unroll/compare/setup.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/theory/local_model.hpp"
#include "unroll/theory/probing.hpp"
#include "unroll/theory/residual_polynomial.hpp"

/// Experiments as data: problems × solvers × methods × start points × seeds, and at each the error of ∂x_t at
/// several t, as records and as CSV.
namespace unroll {

/// How ∂x_t is computed, beside the methods of derivative/: not at all, but predicted, by the closed form of
/// a quadratic or else of the local model at x*, for solvers with a residual polynomial, derived or probed.
struct Predicted {};
/// Any of the ways to compute or predict ∂x_t.
using ExperimentMethod = std::variant<Forward, Reverse, Implicit, Predicted>;

/// Where runs start; the seed comes from the experiment.
struct StartChoice {
  std::string kind;  // as SetupOptions::start
  double scale = 1;  // as SetupOptions::start_scale
};

/// A problem by name: makes the instance for a start and a seed, the same whenever asked.
struct ExperimentProblem {
  std::string name;                                                      // in the records
  std::function<Instance(const StartChoice&, std::uint64_t seed)> make;  // asked once for each start and seed
};
/// A data set; start and seed of the options are not used.
ExperimentProblem data_problem(const SetupOptions& options);

/// A solver by name, its type forgotten: what it makes of an instance in t steps.
struct ExperimentSolver {
  std::string name;  // in the records
  /// x_t and ∂x_t of the instance by the method, for t = `steps`; may be called from any thread.
  std::function<Derivative(const Instance&, const ExperimentMethod&, Index steps)> run;
};
/// `make(instance)` gives the solver, with step sizes for the instance, say.
template <class Make>
ExperimentSolver experiment_solver(std::string name, Make make);

/// The factors of an experiment: every combination is run, at every t.
struct Experiment {
  std::vector<ExperimentProblem> problems;                        // at least one, as of all
  std::vector<ExperimentSolver> solvers;                          // no two of a name, as of all
  std::vector<std::pair<std::string, ExperimentMethod>> methods;  // each by its name in the records
  std::vector<StartChoice> starts;                                // for every problem
  std::vector<std::uint64_t> seeds = {1};                         // for every problem and start
  std::vector<Index> steps;                                       // each t ≥ 0
};

/// One line of an experiment.
struct ExperimentRecord {
  std::string problem;                 // its name
  std::string start;                   // its kind, after the scale if that is not 1: `2 x ones`
  std::string solver;                  // its name
  std::string method;                  // its name
  std::uint64_t seed = 0;              // that the instance was made with
  Index t = 0;                         // steps asked for
  Status status = Status::step_limit;  // if not finite, the rest is of the last finite iterate
  double objective_suboptimality = 0;  // (f(x_t) − f*)/(f(x_0) − f*)
  double jacobian_error = 0;           // ‖∂x_t − ∂x*‖_F/‖∂x*‖_F
  Cost cost{};                         // of this ∂x_t alone
};

/// Runs every combination at every t, and writes `file` (none if empty) as run_jobs does: deterministic, over
/// threads, resumable. Each line of the file carries a fingerprint of its instance, so that lines of other
/// data, θ or starts are never taken for these.
/// @throws DomainError if two factors of a kind have the same name, a factor is empty or a t is negative,
/// what making the instances throws, and as run_jobs.
std::vector<ExperimentRecord> run_experiment(const Experiment& experiment,
                                             const std::filesystem::path& file = {},
                                             const JobOptions& options = {});

namespace detail {

/// @throws DomainError if two factors of a kind have the same name, a factor is empty or a t is negative.
void check_experiment(const Experiment& experiment);
/// As in the records: see ExperimentRecord::start.
std::string name_of(const StartChoice& start);

/// The instance's model and the recurrence, followed to t; ∂x_0 = 0.
Derivative predicted(const Instance& instance, Recurrence recurrence, Index steps);

template <class S>
Recurrence any_recurrence(const S& solver, const Vector& theta) {
  if constexpr (PolynomialMethod<S>) {
    return residual_recurrence(solver);
  } else {
    return probed_recurrence(solver, theta);
  }
}

}  // namespace detail

template <class Make>
ExperimentSolver experiment_solver(std::string name, Make make) {
  return {std::move(name), [make](const Instance& instance, const ExperimentMethod& method, Index steps) {
            const auto solver = make(instance);
            const auto run = [&]<class M>(const M& m) -> Derivative {
              if constexpr (std::is_same_v<M, Predicted>) {
                return detail::predicted(instance, detail::any_recurrence(solver, instance.theta), steps);
              } else {
                return jacobian(*instance.problem, solver, instance.start, instance.theta, {.steps = steps},
                                m);
              }
            };
            return std::visit(run, method);
          }};
}

}  // namespace unroll
