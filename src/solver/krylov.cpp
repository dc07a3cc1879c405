#include "krylov.hpp"

#include <fmt/format.h>

#include <Eigen/IterativeLinearSolvers>
#include <algorithm>
#include <limits>
#include <string>
#include <unsupported/Eigen/IterativeSolvers>
#include <vector>

#include "unroll/error.hpp"

namespace unroll::detail {
namespace {

/// What Eigen's solvers take for a matrix.
class Operator;

/// Eigen's interface of a preconditioner.
class Diagonal {
 public:
  template <class M>
  Diagonal& analyzePattern(const M&) {
    return *this;
  }
  template <class M>
  Diagonal& factorize(const M&) {
    return *this;
  }
  template <class M>
  Diagonal& compute(const M&) {
    return *this;
  }
  template <class B>
  Vector solve(const B& b) const {
    return inverse_.cwiseProduct(b);
  }
  Eigen::ComputationInfo info() const { return Eigen::Success; }
  void set(Vector inverse) { inverse_ = std::move(inverse); }

 private:
  Vector inverse_;
};

}  // namespace
}  // namespace unroll::detail

namespace Eigen::internal {
template <>
struct traits<unroll::detail::Operator> : traits<SparseMatrix<double>> {};
}  // namespace Eigen::internal

namespace unroll::detail {
namespace {

class Operator : public Eigen::EigenBase<Operator> {
 public:
  using Scalar = double;
  using RealScalar = double;
  using StorageIndex = int;
  enum {
    ColsAtCompileTime = Eigen::Dynamic,
    MaxColsAtCompileTime = Eigen::Dynamic,
    IsRowMajor = false,
  };
  explicit Operator(const LinearMap& map) : map_(&map) {}
  Index rows() const { return map_->size; }
  Index cols() const { return map_->size; }
  Vector times(const Vector& x) const { return map_->apply(x); }
  template <class X>
  Eigen::Product<Operator, X, Eigen::AliasFreeProduct> operator*(const Eigen::MatrixBase<X>& x) const {
    return {*this, x.derived()};
  }

 private:
  const LinearMap* map_;
};

}  // namespace
}  // namespace unroll::detail

namespace Eigen::internal {
template <class X>
struct generic_product_impl<unroll::detail::Operator, X, SparseShape, DenseShape, GemvProduct>
    : generic_product_impl_base<unroll::detail::Operator, X,
                                generic_product_impl<unroll::detail::Operator, X>> {
  template <class Destination>
  static void scaleAndAddTo(Destination& y, const unroll::detail::Operator& a, const X& x,
                            const double& alpha) {
    y.noalias() += alpha * a.times(x);
  }
};
}  // namespace Eigen::internal

namespace unroll::detail {
namespace {

/// `x` is what the solver came to, `b` the right-hand side.
[[noreturn]] void not_met(const char* solver, const LinearMap& a, Index iterations, const Vector& x,
                          const Vector& b, double tolerance, const char* advice) {
  const bool is_finite = x.allFinite();
  const std::string end = is_finite
                              ? fmt::format(
                                    "ended after {} iterations at the relative residual {:.3g}, short of the "
                                    "tolerance {:.3g}",
                                    iterations, (b - a.apply(x)).norm() / b.norm(), tolerance)
                              : fmt::format("broke down in iteration {}", iterations);
  throw NumericalError(
      fmt::format("linear solve: {} on {} ({}x{}) {}: the matrix may be singular or ill-conditioned{}",
                  solver, a.name, a.size, a.size, end, advice));
}

template <class Solver>
Matrix by_columns(const char* name, Solver& solver, const LinearMap& a, const Matrix& b,
                  const Iteration& iteration, const char* advice) {
  const Operator matrix(a);
  solver.compute(matrix);
  solver.preconditioner().set(iteration.inverse_diagonal);
  solver.setTolerance(iteration.tolerance);
  solver.setMaxIterations(iteration.max_iterations);
  Matrix x(b.rows(), b.cols());
  for (Index j = 0; j < b.cols(); ++j) {
    x.col(j) = solver.solve(Vector(b.col(j)));
    if (solver.info() != Eigen::Success || !x.col(j).allFinite())
      not_met(name, a, solver.iterations(), x.col(j), b.col(j), iteration.tolerance, advice);
  }
  return x;
}

}  // namespace

Matrix conjugate_gradient(const LinearMap& a, const Matrix& b, const Iteration& iteration) {
  const auto D = iteration.inverse_diagonal.asDiagonal();
  Matrix x = Matrix::Zero(b.rows(), b.cols()), r = b, z = D * r, directions = z;
  Eigen::RowVectorXd rz = r.cwiseProduct(z).colwise().sum();
  const Eigen::RowVectorXd goal = iteration.tolerance * b.colwise().norm();
  std::vector<Index> active;
  for (Index j = 0; j < b.cols(); ++j)
    if (b.col(j).norm() > 0) active.push_back(j);
  double largest_curvature = 0;
  for (Index i = 0; !active.empty(); ++i) {
    if (i == iteration.max_iterations) {
      const Index j = active.front();
      not_met("conjugate gradients", a, i, x.col(j), b.col(j), iteration.tolerance, "");
    }
    const Matrix p = directions(Eigen::all, active);
    const Matrix ap = a.apply(p);
    for (std::size_t k = 0; k < active.size(); ++k) {
      const auto column = static_cast<Index>(k);
      const Index j = active[k];
      const double product = p.col(column).dot(ap.col(column));
      const double curvature = product / p.col(column).squaredNorm();
      largest_curvature = std::max(largest_curvature, curvature);
      if (!(curvature > std::numeric_limits<double>::epsilon() * largest_curvature))
        throw NumericalError(
            fmt::format("linear solve: {} is {}x{} and not positive definite: conjugate gradients found the "
                        "curvature {:.3g} in iteration {}",
                        a.name, a.size, a.size, curvature + 0.0, i + 1));
      const double step = rz[j] / product;
      x.col(j) += step * p.col(column);
      r.col(j) -= step * ap.col(column);
      z.col(j) = D * r.col(j);
      const double next = r.col(j).dot(z.col(j));
      directions.col(j) = z.col(j) + next / rz[j] * directions.col(j);
      rz[j] = next;
    }
    std::erase_if(active, [&](Index j) { return r.col(j).norm() <= goal[j]; });
  }
  return x;
}

Matrix bicgstab(const LinearMap& a, const Matrix& b, const Iteration& iteration) {
  Eigen::BiCGSTAB<Operator, Diagonal> solver;
  return by_columns("BiCGSTAB", solver, a, b, iteration,
                    ", or its products with residuals vanish by chance: take gmres");
}

Matrix gmres(const LinearMap& a, const Matrix& b, const Iteration& iteration) {
  constexpr Index restart = 100;
  Eigen::GMRES<Operator, Diagonal> solver;
  solver.set_restart(std::min(restart, a.size));
  return by_columns("GMRES", solver, a, b, iteration, "");
}

}  // namespace unroll::detail
