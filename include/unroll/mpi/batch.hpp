#pragma once

#include <functional>
#include <type_traits>
#include <vector>

#include "unroll/derivative/batch.hpp"
#include "unroll/mpi/communicator.hpp"
#include "unroll/types.hpp"

namespace unroll::mpi {

namespace detail {
/// As batch, of matrices.
std::vector<Outcome<Matrix>> matrix_batch(const Communicator& comm, Index count,
                                          const std::function<Matrix(Index)>& f);
}  // namespace detail

/// f(0) … f(count − 1), many θ or many problems, over ranks: f(i), a number, a Vector or a Matrix, is
/// computed on rank i mod R, and is on all ranks afterwards. As unroll::batch, an item that throws leaves its
/// error and disturbs no other. f asks problems of its rank alone, never one that is summed over these ranks.
///
///   const auto jacobians = mpi::batch(comm, ssize(thetas), [&](Index i) -> Matrix {
///     return jacobian(problem, solver, x0, thetas[i], options, Forward{}).dx;
///   });
///
/// @throws DomainError, on all ranks, unless count ≥ 0 is the same on all.
template <class F>
auto batch(const Communicator& comm, Index count, const F& f) {
  using R = std::remove_cvref_t<std::invoke_result_t<const F&, Index>>;
  static_assert(
      std::is_same_v<R, double> || std::is_same_v<R, Vector> || std::is_same_v<R, Matrix>,
      "mpi::batch: f(i) must give a double, a Vector or a Matrix, which are what is sent: take .dx of "
      "a derivative, and write the type behind the lambda's parameters");
  std::vector<Outcome<Matrix>> matrices = detail::matrix_batch(comm, count, [&](Index i) -> Matrix {
    if constexpr (std::is_same_v<R, double>)
      return Matrix::Constant(1, 1, f(i));
    else
      return f(i);
  });
  if constexpr (std::is_same_v<R, Matrix>) {
    return matrices;
  } else {
    std::vector<Outcome<R>> outcomes(matrices.size());
    for (std::size_t i = 0; i < matrices.size(); ++i) {
      outcomes[i].error = std::move(matrices[i].error);
      outcomes[i].exception = matrices[i].exception;
      if (!matrices[i].result) continue;
      if constexpr (std::is_same_v<R, double>)
        outcomes[i].result = (*matrices[i].result)(0, 0);
      else
        outcomes[i].result = matrices[i].result->col(0);
    }
    return outcomes;
  }
}

}  // namespace unroll::mpi
