#pragma once

#include <mpi.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "unroll/types.hpp"

/// Problems, batches and Jacobians over the ranks of an MPI program: the component unroll::mpi. All ranks run
/// the same program and make the same calls in the same order; what is called here returns the same bits on
/// every rank, or throws the same error on every rank.
namespace unroll::mpi {

/// What the ranks of a call must agree on: a hash of numbers and words, so that a rank that asks for
/// something else is found out instead of being added up.
class Fingerprint {
 public:
  Fingerprint& add(std::string_view words);
  Fingerprint& add(Index number);
  Fingerprint& add(std::span<const double> numbers);
  std::uint64_t value() const { return hash_; }

 private:
  void mix(std::uint64_t bits);
  std::uint64_t hash_ = 0x9e3779b97f4a7c15U;
};

/// The ranks 0 … R − 1 that compute together, and what they say to each other. A copy refers to the same
/// ranks. Its functions are called on all of them, in the same order, each by the thread that made the
/// communicator. @throws UnsupportedError if another thread calls them.
class Communicator {
 public:
  /// Refers to `comm`, which must outlive it. @throws Error unless MPI is initialised (see mpi::run).
  explicit Communicator(MPI_Comm comm = MPI_COMM_WORLD);

  Index rank() const;
  Index size() const;

  /// Calls `attempt` on every rank, and returns where it returned on all. If it threw on one, all ranks throw
  /// an error of the same kind, which names the operation, that rank and its message; of several, the lowest.
  /// Sends 24 bytes a rank. @throws DomainError, on all ranks, if `what` is not the same on all.
  void agree(std::string_view operation, const Fingerprint& what,
             const std::function<void()>& attempt = {}) const;
  /// x_0 + x_1 + … + x_{R−1} in that order, in the place of x, of the same size on all ranks: the same bits
  /// on all of them, and in every run.
  void sum(std::span<double> x) const;
  /// The numbers of all ranks, those of rank r as element r; each may give a different count.
  std::vector<std::vector<double>> gather(std::span<const double> x) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// The rows first … first + count − 1 of one rank.
struct Rows {
  Index first, count;
};

/// Rows 0 … m − 1 cut into one part a rank, in order, whose counts differ by 1 at most. @throws ShapeError,
/// on all ranks, if there are fewer rows than ranks: none may be left without.
Rows rows_of_rank(Index m, const Communicator& comm);

}  // namespace unroll::mpi
