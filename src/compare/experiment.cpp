#include "unroll/compare/experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <set>

#include "unroll/compare/metrics.hpp"
#include "unroll/error.hpp"
#include "unroll/problem/quadratic.hpp"
#include "unroll/theory/closed_form.hpp"

namespace unroll {
namespace {

const Row header = {"problem",          "start",          "seed",      "instance",
                    "solver",           "method",         "t",         "status",
                    "suboptimality",    "jacobian_error", "gradients", "hessian_vector_products",
                    "recomputed_steps", "tape_bytes"};

/// FNV-1a of the bits of all numbers of an instance.
std::string fingerprint(const Instance& instance) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](const double* numbers, Index count) {
    for (Index i = 0; i < count; ++i) {
      const auto bits = std::bit_cast<std::uint64_t>(numbers[i]);
      for (int shift = 0; shift < 64; shift += 8) hash = (hash ^ (bits >> shift & 0xff)) * 0x100000001b3;
    }
  };
  const std::array<double, 2> spectrum{instance.spectrum.smallest, instance.spectrum.largest};
  add(instance.theta.data(), instance.theta.size());
  add(instance.start.data(), instance.start.size());
  add(instance.minimiser.data(), instance.minimiser.size());
  add(instance.jacobian.data(), instance.jacobian.size());
  add(spectrum.data(), 2);
  return fmt::format("{:016x}", hash);
}

constexpr std::array<std::string_view, 5> status_names{"step_limit", "converged", "non_finite",
                                                       "none_accepted", "non_finite_derivative"};

Row measured(const Derivative& d, const Instance& instance) {
  const Suboptimality suboptimality(*instance.problem, instance.theta, instance.minimiser, instance.start);
  return {std::string(status_names.at(static_cast<std::size_t>(d.status))),
          fmt::format("{}", suboptimality(d.x)),
          fmt::format("{}", relative_error(d.dx, instance.jacobian)),
          fmt::format("{}", d.cost.gradients),
          fmt::format("{}", d.cost.hessian_vector_products),
          fmt::format("{}", d.cost.recomputed_steps),
          fmt::format("{}", d.cost.tape_bytes)};
}

template <class T>
T number(const std::string& cell) {
  T value{};
  const auto [end, status] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (status != std::errc{} || end != cell.data() + cell.size())
    throw DataError(fmt::format("experiment: '{}' in its file is not a number", cell));
  return value;
}

ExperimentRecord record(const Row& row) {
  const auto status = std::find(status_names.begin(), status_names.end(), row[7]);
  if (status == status_names.end())
    throw DataError(fmt::format("experiment: '{}' in its file is no status", row[7]));
  return {.problem = row[0],
          .start = row[1],
          .solver = row[4],
          .method = row[5],
          .seed = number<std::uint64_t>(row[2]),
          .t = number<Index>(row[6]),
          .status = static_cast<Status>(status - status_names.begin()),
          .objective_suboptimality = number<double>(row[8]),
          .jacobian_error = number<double>(row[9]),
          .cost = {number<Index>(row[10]), number<Index>(row[11]), number<Index>(row[12]),
                   number<std::size_t>(row[13])}};
}

/// @throws DomainError unless there are names, and each is there once.
template <class Factors, class Name>
void check_names(const char* what, const Factors& factors, Name name) {
  std::set<std::string> names;
  for (const auto& factor : factors) {
    if (!names.insert(name(factor)).second)
      throw DomainError(fmt::format("experiment: the {} {} is there twice", what, name(factor)));
  }
  if (names.empty()) throw DomainError(fmt::format("experiment: there is no {}", what));
}

/// The jobs of one instance: one for each solver, method and t.
void add_jobs(const Experiment& e, const Row& names, const std::shared_ptr<const Instance>& instance,
              std::vector<Job>& jobs) {
  for (const ExperimentSolver& solver : e.solvers) {
    for (const auto& [name, method] : e.methods) {
      for (const Index t : e.steps) {
        Row key = names;
        key.insert(key.end(), {solver.name, name, fmt::format("{}", t)});
        jobs.push_back({std::move(key), [&solver, method = method, instance, t] {
                          return std::vector<Row>{measured(solver.run(*instance, method, t), *instance)};
                        }});
      }
    }
  }
}

}  // namespace

std::string detail::name_of(const StartChoice& start) {
  return start.scale == 1 ? start.kind : fmt::format("{} x {}", start.scale, start.kind);
}

void detail::check_experiment(const Experiment& e) {
  check_names("problem", e.problems, [](const auto& problem) { return problem.name; });
  check_names("solver", e.solvers, [](const auto& solver) { return solver.name; });
  check_names("method", e.methods, [](const auto& method) { return method.first; });
  check_names("start", e.starts, detail::name_of);
  check_names("seed", e.seeds, [](std::uint64_t seed) { return fmt::format("{}", seed); });
  check_names("step", e.steps, [](Index t) { return fmt::format("{}", t); });
  for (const Index t : e.steps)
    if (t < 0) throw DomainError(fmt::format("experiment: a step is {}, it must not be negative", t));
}

ExperimentProblem data_problem(const SetupOptions& options) {
  std::string name = fmt::format("{} {} theta={}", options.data, options.loss, options.theta);
  if (!options.target.empty()) name += " target=" + options.target;
  return {std::move(name), [options](const StartChoice& start, std::uint64_t seed) {
            SetupOptions chosen = options;
            chosen.start = start.kind;
            chosen.start_scale = start.scale;
            chosen.seed = seed;
            return set_up(chosen).instance;
          }};
}

std::vector<ExperimentRecord> run_experiment(const Experiment& experiment, const std::filesystem::path& file,
                                             const JobOptions& options) {
  detail::check_experiment(experiment);
  std::vector<Job> jobs;
  for (const ExperimentProblem& problem : experiment.problems) {
    for (const StartChoice& start : experiment.starts) {
      for (const std::uint64_t seed : experiment.seeds) {
        const auto instance = std::make_shared<const Instance>(problem.make(start, seed));
        const Row names = {problem.name, detail::name_of(start), fmt::format("{}", seed),
                           fingerprint(*instance)};
        add_jobs(experiment, names, instance, jobs);
      }
    }
  }
  std::vector<ExperimentRecord> records;
  for (const Row& row : run_jobs(header, jobs, file, options)) records.push_back(record(row));
  return records;
}

Derivative detail::predicted(const Instance& instance, Recurrence recurrence, Index steps) {
  const auto* quadratic = dynamic_cast<const QuadraticProblem*>(instance.problem.get());
  const QuadraticModel model = quadratic != nullptr
                                   ? quadratic_model(*quadratic, instance.theta)
                                   : local_model(*instance.problem, instance.minimiser, instance.theta);
  ClosedForm form(spectral_terms(model, instance.start), std::move(recurrence));
  for (Index t = 0; t < steps; ++t) form.advance();
  Derivative d;
  d.x = form.x();
  d.dx = form.jacobian();
  d.steps = steps;
  return d;
}

}  // namespace unroll
