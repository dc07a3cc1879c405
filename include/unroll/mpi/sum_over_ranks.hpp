#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "unroll/mpi/communicator.hpp"
#include "unroll/problem/finite_sum.hpp"
#include "unroll/problem/problem.hpp"

namespace unroll::mpi {

namespace detail {

/// f = Σ_r w_r f_r as a Base, Problem or FiniteSum. Each function asks the local part of every rank and sums
/// what they give in order of ranks.
template <class Base>
class OverRanks : public Base {
 public:
  Index dimension() const override { return n_; }
  Index parameters() const override { return p_; }
  bool has_objective() const override { return has_objective_; }
  bool has_equation() const override { return has_equation_; }
  double value(const Vector& x, const Vector& theta) const override;
  Vector gradient(const Vector& x, const Vector& theta) const override;
  SecondOrder second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                           const Matrix& theta_dot) const override;
  void gradient_into(const VectorView& x, const VectorView& theta, WritableVector g) const override;
  void second_order_into(const VectorView& x, const VectorView& theta, const ColumnsView& x_dot,
                         const ColumnsView& theta_dot, WritableColumns dx,
                         WritableColumns dtheta) const override;
  Vector parameter_gradient(const Vector& x, const Vector& theta) const override;
  Matrix push_gradient(const Vector& x, const Vector& theta, const Matrix& x_dot,
                       const Matrix& theta_dot) const override;
  SecondOrder pull_gradient(const Vector& x, const Vector& theta, const Matrix& w) const override;
  SecondOrder third_order(const Vector& x, const Vector& theta, const Vector& w, const Matrix& x_dot,
                          const Matrix& theta_dot) const override;
  /// That of every part.
  void check_domain(const Vector& theta) const override;
  /// ℓ = Σ_r w_r ℓ_r, and the Lipschitz constants likewise: bounds, where every part knows its own.
  std::optional<Curvature> curvature(const Vector& theta) const override;

  const Communicator& communicator() const { return comm_; }
  double weight() const { return weight_; }  // w_r of this rank

 protected:
  using Make = std::function<std::shared_ptr<const Problem>()>;
  OverRanks(const Communicator& comm, double weight, const Make& make);
  /// Parts whose sizes are known to agree; null stands for zero.
  OverRanks(const OverRanks<FiniteSum>& sum, double weight, std::shared_ptr<const Problem> part);

  const std::shared_ptr<const Problem>& part() const { return part_; }

 private:
  template <class>
  friend class OverRanks;
  template <class Give>
  void total(std::string_view operation, const Fingerprint& what, std::span<double> sum,
             const Give& give) const;

  Communicator comm_;
  double weight_;
  std::shared_ptr<const Problem> part_;
  Index n_ = 0, p_ = 0;
  bool has_objective_ = true, has_equation_ = true;
};

extern template class OverRanks<Problem>;
extern template class OverRanks<FiniteSum>;

template <class Make>
std::shared_ptr<const Problem> made(const Make& make) {
  return std::shared_ptr<const Problem>(new const std::invoke_result_t<const Make&>(make()));
}

/// m_r/m, by asking all ranks for m_r. @throws ShapeError, on all ranks, unless every m_r ≥ 1.
double share_of(const Communicator& comm, Index rows);

}  // namespace detail

/// The problem min_x Σ_r w_r f_r(x, θ) whose part f_r lies on rank r, or the root Σ_r w_r F_r(x, θ) = 0: one
/// Problem, of the same n and p as its parts, for every solver and every method. Every rank asks it at the
/// same (x, θ), which is checked, from the thread that made the communicator (one thread a rank: threads =
/// 1), and receives the same bits.
///
/// All functions: @throws on all ranks alike what a part throws on one, named by its rank; DomainError if
/// the ranks ask for different things; UnsupportedError from another thread.
class SumOverRanks final : public detail::OverRanks<Problem> {
 public:
  /// `make`, called once on each rank, gives f_r; what it throws on one rank all ranks throw.
  /// @throws ShapeError unless all parts have the same n and p, DomainError unless w_r ≥ 0 is finite.
  SumOverRanks(const Communicator& comm, double weight, const Make& make) : OverRanks(comm, weight, make) {}

 private:
  friend class FiniteSumOverRanks;
  SumOverRanks(const OverRanks<FiniteSum>& sum, double weight, std::shared_ptr<const Problem> part)
      : OverRanks(sum, weight, std::move(part)) {}
};

/// Σ_r f_r(x, θ): `make()` gives the part of this rank, any problem. A term that belongs to the whole, a
/// regulariser say, is in the part of one rank alone, or 1/R of it in each.
template <class Make>
SumOverRanks sum_over_ranks(const Communicator& comm, const Make& make) {
  return SumOverRanks(comm, 1.0, [&] { return detail::made(make); });
}

/// Σ_r (m_r/m) f_r(x, θ), m = Σ_r m_r: for parts that are means over their rows, as logistic, ridge and what
/// make_finite_sum makes. A regulariser in each f_r counts once, as the weights add up to 1.
///
///   const Rows mine = rows_of_rank(m, comm);
///   const auto problem = mean_over_ranks(comm, mine.count, [&] { return logistic(A_of(mine), y_of(mine));
///   });
///
/// @throws ShapeError, on all ranks, if a rank has no rows.
template <class Make>
SumOverRanks mean_over_ranks(const Communicator& comm, Index rows, const Make& make) {
  return SumOverRanks(comm, detail::share_of(comm, rows), [&] { return detail::made(make); });
}

/// (1/m) Σ_i f_i(x, θ), the terms of rank 0 first: its batches, of numbers 0 … m − 1 that are the same on all
/// ranks, are shared by the ranks that hold them.
class FiniteSumOverRanks final : public detail::OverRanks<FiniteSum> {
 public:
  using MakeSum = std::function<std::shared_ptr<const FiniteSum>()>;
  /// As SumOverRanks.
  FiniteSumOverRanks(const Communicator& comm, Index terms, const MakeSum& make);

  Index terms() const override { return terms_; }  // m
  std::shared_ptr<const Problem> batch(std::vector<Index> rows) const override;

 private:
  Index first_ = 0, count_ = 0, terms_ = 0;  // of this rank, of this rank, of all
};

/// The mean over m_0 + … + m_{R−1} terms; `make()` gives a FiniteSum of `terms` = m_r terms. @throws
/// ShapeError, on all ranks, if a rank has no terms, or another number than it says.
template <class Make>
FiniteSumOverRanks finite_sum_over_ranks(const Communicator& comm, Index terms, const Make& make) {
  return FiniteSumOverRanks(comm, terms, [&] {
    return std::shared_ptr<const FiniteSum>(new const std::invoke_result_t<const Make&>(make()));
  });
}

}  // namespace unroll::mpi
