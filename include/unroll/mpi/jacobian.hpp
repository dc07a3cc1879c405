#pragma once

#include <functional>
#include <memory>

#include "unroll/derivative/jacobian.hpp"
#include "unroll/mpi/communicator.hpp"

namespace unroll::mpi {

namespace detail {
Derivative jacobian(const Communicator& comm, Index n, Index p,
                    const std::function<std::unique_ptr<Linearisation>(Index columns)>& linearise);
}  // namespace detail

/// ∂x_T(θ), n×p, total, its columns shared by the ranks: each takes the run, which is the same on all, and
/// pushes its part of the p columns where p ≤ n, or pulls back its part of the n rows. On all ranks
/// afterwards, with no certificate, and with the cost of this rank. The problem lies on every rank as a
/// whole; of a sum over these ranks take unroll::jacobian.
/// @throws on all ranks alike what unroll::jacobian throws on one.
template <class S>
Derivative jacobian(const Communicator& comm, const Problem& problem, const S& solver, const Start& start,
                    const Vector& theta, const SolveOptions& options, const Method& method) {
  return detail::jacobian(comm, problem.dimension(), problem.parameters(), [&](Index columns) {
    return linearise(problem, solver, start, theta, options, method, {.columns = columns, .start = false});
  });
}

}  // namespace unroll::mpi
