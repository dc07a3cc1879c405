#include "unroll/mpi/run.hpp"

#include <cstdio>
#include <exception>

#include "unroll/derivative/batch.hpp"
#include "unroll/error.hpp"

namespace unroll::mpi {

int run(int argc, char** argv, const std::function<int(const Communicator&)>& program) {
  int level = 0;
  if (MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS) {
    std::fputs("unroll::mpi: MPI could not be initialised\n", stderr);
    return 1;
  }
  const Communicator comm;
  try {
    const int status = program(comm);
    MPI_Finalize();
    return status;
  } catch (...) {
    std::fflush(stdout);
    std::fprintf(stderr, "unroll::mpi: rank %d of %d ends all: %s\n", static_cast<int>(comm.rank()),
                 static_cast<int>(comm.size()), unroll::detail::message_of(std::current_exception()).c_str());
    std::fflush(stderr);
    MPI_Abort(MPI_COMM_WORLD, 1);
    return 1;
  }
}

}  // namespace unroll::mpi
