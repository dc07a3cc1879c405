// Runs doctest on every rank: the ranks make the same calls, and each checks what it received.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "mpi/ranks.hpp"
#include "unroll/mpi/run.hpp"

namespace unroll::test {
namespace {
const mpi::Communicator* all_ranks = nullptr;
}
const mpi::Communicator& ranks() { return *all_ranks; }
}  // namespace unroll::test

int main(int argc, char** argv) {
  return unroll::mpi::run(argc, argv, [&](const unroll::mpi::Communicator& comm) {
    unroll::test::all_ranks = &comm;
    return doctest::Context(argc, argv).run();
  });
}
