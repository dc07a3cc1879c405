#include "unroll/compare/experiment.hpp"

#include <doctest/doctest.h>

#include <map>

#include "support/temporary_directory.hpp"
#include "unroll/compare/csv.hpp"
#include "unroll/error.hpp"
#include "unroll/solver/chebyshev.hpp"
#include "unroll/solver/gradient_descent.hpp"

namespace unroll {
namespace {

/// x_{t+1} = x_t − h∇f(x_t) over an average: a linear solver of which no polynomial is known.
struct Averaged {
  double step_size;
  template <class V>
  struct State {
    V x, last;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, x0};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V next = s.last - step_size * f.gradient(s.last, theta);
    return {0.5 * s.x + 0.5 * next, next};
  }
};

Experiment small_experiment() {
  Experiment e;
  e.problems = {data_problem({.data = "auto_mpg", .data_directory = UNROLL_DATA_DIR}),
                data_problem({.data = "breast_cancer_original",
                              .loss = "logistic",
                              .theta = 0.1,
                              .data_directory = UNROLL_DATA_DIR})};
  e.solvers = {
      experiment_solver("gd",
                        [](const Instance& i) { return GradientDescent::short_step(i.spectrum.largest); }),
      experiment_solver("averaged", [](const Instance& i) { return Averaged{1 / i.spectrum.largest}; })};
  e.methods = {
      {"forward", Forward{}}, {"reverse", Reverse{}}, {"implicit", Implicit{}}, {"predicted", Predicted{}}};
  e.starts = {{"zero"}, {"normal", 0.1}};
  e.seeds = {1, 2};
  e.steps = {0, 3, 30};
  return e;
}

TEST_CASE("an experiment has a record for every combination, and its methods agree where they must") {
  const auto records = run_experiment(small_experiment());
  CHECK(records.size() == 2 * 2 * 4 * 2 * 2 * 3);
  std::map<std::string, const ExperimentRecord*> forward;
  const auto place = [](const ExperimentRecord& r) {
    return r.problem + r.start + r.solver + std::to_string(r.seed) + " " + std::to_string(r.t);
  };
  for (const ExperimentRecord& r : records)
    if (r.method == "forward") forward[place(r)] = &r;
  CHECK(forward.size() == 48);
  for (const ExperimentRecord& r : records) {
    const ExperimentRecord& f = *forward.at(place(r));
    const bool ridge = r.problem == "auto_mpg ridge theta=0.01";
    CAPTURE(r.problem);
    CAPTURE(r.method);
    CAPTURE(r.t);
    if (r.method == "reverse" || (r.method == "predicted" && ridge)) {
      CHECK(r.jacobian_error == doctest::Approx(f.jacobian_error).epsilon(1e-9));
      CHECK(r.objective_suboptimality == doctest::Approx(f.objective_suboptimality).epsilon(1e-9));
    }
    if (r.method == "forward") {
      CHECK((r.t > 0 || r.jacobian_error == 1));
      CHECK(r.cost.gradients >= r.t);
    }
    if (r.method == "implicit" && ridge && r.t == 30) CHECK(r.jacobian_error < 1);
  }
}

TEST_CASE(
    "an experiment's file is the same bit for bit, whatever the threads and however often interrupted") {
  const test::TemporaryDirectory directory;
  Experiment e = small_experiment();
  const auto file = directory.path() / "whole.csv", resumed = directory.path() / "resumed.csv";
  const auto records = run_experiment(e, file, {.threads = 3});
  const std::string whole = test::content(file);

  int left = 30;
  JobOptions options{.save_seconds = 0};
  options.progress = [&](const JobProgress&) {
    if (--left == 0) throw std::runtime_error("interrupted");
  };
  CHECK_THROWS_AS(run_experiment(e, resumed, options), std::runtime_error);
  CHECK_FALSE(std::filesystem::exists(resumed));
  std::size_t reused = 0;
  options.progress = [&](const JobProgress& p) { reused = p.reused; };
  run_experiment(e, resumed, options);
  CHECK(reused == 30);
  CHECK(test::content(resumed) == whole);
  CHECK(read_csv_cells(file).size() == 1 + records.size());
}

TEST_CASE("lines of another instance are not reused: here, of a changed data file") {
  const test::TemporaryDirectory directory;
  const auto data = directory.write("data.csv", "a,b,y\n1,2,3\n2,1,5\n4,4,1\n0,1,2\n");
  Experiment e = small_experiment();
  e.problems = {data_problem({.data = data.string()})};
  e.seeds = {1};
  const auto file = directory.path() / "out.csv";
  const auto before = run_experiment(e, file);
  directory.write("data.csv", "a,b,y\n1,2,3\n2,1,5\n4,4,1\n0,1,2.5\n");
  std::size_t reused = 1;
  run_experiment(e, file, {.progress = [&](const JobProgress& p) { reused = p.reused; }});
  CHECK(reused == 0);
}

TEST_CASE("an experiment with an empty factor, one twice, or a negative step is refused") {
  Experiment e = small_experiment();
  e.steps = {};
  CHECK_THROWS_WITH_AS(run_experiment(e), "experiment: there is no step", DomainError);
  e.steps = {-1};
  CHECK_THROWS_AS(run_experiment(e), DomainError);
  e.steps = {1, 1};
  CHECK_THROWS_AS(run_experiment(e), DomainError);
  e = small_experiment();
  e.solvers.push_back(e.solvers.front());
  CHECK_THROWS_WITH_AS(run_experiment(e), "experiment: the solver gd is there twice", DomainError);
}

}  // namespace
}  // namespace unroll
