#pragma once

#include <vector>

#include "unroll/compare/experiment.hpp"
#include "unroll/mpi/communicator.hpp"

namespace unroll::mpi {

/// The records of run_experiment, all of them on all ranks, in its order. What is shared by the ranks are the
/// pairs of an instance (problem, start, seed) and a solver; a rank makes the instances of its pairs, and no
/// file. @throws on all ranks alike what run_experiment throws on one.
std::vector<ExperimentRecord> run_experiment(const Communicator& comm, const Experiment& experiment);

}  // namespace unroll::mpi
