#pragma once

#include <functional>

#include "unroll/mpi/communicator.hpp"

namespace unroll::mpi {

/// An MPI program: initialises MPI, calls `program` on all ranks with the communicator of all, ends MPI and
/// returns what `program` returned, for main to return. An exception that leaves `program` on one rank is
/// printed with the rank that it left, and ends the ranks, all of them: none waits for one that is gone.
///
///   int main(int argc, char** argv) {
///     return unroll::mpi::run(argc, argv, [](const unroll::mpi::Communicator& comm) { …; return 0; });
///   }
int run(int argc, char** argv, const std::function<int(const Communicator&)>& program);

}  // namespace unroll::mpi
