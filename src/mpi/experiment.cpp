#include "unroll/mpi/experiment.hpp"

#include "unroll/mpi/batch.hpp"

namespace unroll::mpi {

namespace {

/// The factors of item i, in the order of run_experiment: problem, start, seed, solver.
Experiment item(const Experiment& e, std::size_t i) {
  const std::size_t solver = i % e.solvers.size(), seed = i / e.solvers.size() % e.seeds.size(),
                    start = i / e.solvers.size() / e.seeds.size() % e.starts.size(),
                    problem = i / e.solvers.size() / e.seeds.size() / e.starts.size();
  return {{e.problems[problem]}, {e.solvers[solver]}, e.methods, {e.starts[start]}, {e.seeds[seed]}, e.steps};
}

constexpr Index numbers_of_record = 7;

Matrix numbers(const std::vector<ExperimentRecord>& records) {
  Matrix all(numbers_of_record, static_cast<Index>(records.size()));
  for (Index i = 0; i < all.cols(); ++i) {
    const ExperimentRecord& r = records[static_cast<std::size_t>(i)];
    all.col(i) << static_cast<double>(r.status), r.objective_suboptimality, r.jacobian_error,
        static_cast<double>(r.cost.gradients), static_cast<double>(r.cost.hessian_vector_products),
        static_cast<double>(r.cost.recomputed_steps), static_cast<double>(r.cost.tape_bytes);
  }
  return all;
}

}  // namespace

std::vector<ExperimentRecord> run_experiment(const Communicator& comm, const Experiment& experiment) {
  comm.agree("experiment", Fingerprint(), [&] { unroll::detail::check_experiment(experiment); });
  const std::size_t count = experiment.problems.size() * experiment.starts.size() * experiment.seeds.size() *
                            experiment.solvers.size();
  const auto outcomes = batch(comm, static_cast<Index>(count), [&](Index i) -> Matrix {
    return numbers(unroll::run_experiment(item(experiment, static_cast<std::size_t>(i))));
  });
  std::vector<ExperimentRecord> records;
  for (std::size_t i = 0; i < count; ++i) {
    const Experiment e = item(experiment, i);
    const Matrix& all = outcomes[i].value();
    Index column = 0;
    for (const auto& method : e.methods) {
      for (const Index t : e.steps) {
        const auto r = all.col(column++);
        records.push_back({.problem = e.problems[0].name,
                           .start = unroll::detail::name_of(e.starts[0]),
                           .solver = e.solvers[0].name,
                           .method = method.first,
                           .seed = e.seeds[0],
                           .t = t,
                           .status = static_cast<Status>(r[0]),
                           .objective_suboptimality = r[1],
                           .jacobian_error = r[2],
                           .cost = {static_cast<Index>(r[3]), static_cast<Index>(r[4]),
                                    static_cast<Index>(r[5]), static_cast<std::size_t>(r[6])}});
      }
    }
  }
  return records;
}

}  // namespace unroll::mpi
