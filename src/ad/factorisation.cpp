#include "unroll/ad/factorisation.hpp"

#include <fmt/format.h>

#include "ad/adaptors.hpp"
#include "ad/factors.hpp"
#include "ad/instantiate.hpp"
#include "ad/sparse_factor.hpp"

namespace unroll {

namespace ad {

struct ConstantFactor {
  Index n;
  std::function<void(Block& x, Side side)> solve_in_place;
};

namespace {

// A sparse matrix of so few rows has dense factors: they cost less than an ordering.
constexpr Index small = 64;

template <class Factors, class A>
std::shared_ptr<const ConstantFactor> factorised(std::string_view name, const A& a) {
  check_system(name, {a.rows(), a.cols()}, a.rows());
  const auto factors = std::make_shared<const Factors>(name, a);
  return std::make_shared<const ConstantFactor>(
      ConstantFactor{a.rows(), [factors](Block& x, Side side) { factors->solve_in_place(x, side); }});
}

struct SolveConstant {
  const ConstantFactor* factor;
  Side side;
  void solve(Block y, const ConstBlock& x, Side by, double alpha, Into into) const {
    const Index n = factor->n, columns = n == 0 ? 0 : x.size() / n;
    const auto solve_in = [&](Block solution) {
      solution = ConstBlock(x.data(), n, columns);
      if (x.size() > 0) factor->solve_in_place(solution, by);
    };
    if (into == Into::assign && alpha == 1) {
      solve_in({y.data(), n, columns});
    } else {
      Matrix solution(n, columns);
      solve_in({solution.data(), n, columns});
      put(y, ConstBlock(solution.data(), y.rows(), y.cols()), alpha, into);
    }
  }
  void forward(Block y, const ConstBlock& x, double alpha, Into into) const {
    solve(y, x, side, alpha, into);
  }
  void transposed(Block x, const ConstBlock& y, double alpha, Into into) const {
    solve(x, y, other(side), alpha, into);
  }
};

}  // namespace

template <class E>
erased_result_t<E> solution_by(const std::shared_ptr<const ConstantFactor>& factor, Side side, const E& x) {
  check_system("factorisation: A", {factor->n, factor->n}, x.rows());
  if (TapeCore* const core = core_of(x); core != nullptr) core->keep(factor);
  return evaluate_rule<Kind::array>(LinearRule{SolveConstant{factor.get(), side}}, shape_of(x), x);
}
#define UNROLL_WORLD(E) \
  template erased_result_t<E> solution_by<E>(const std::shared_ptr<const ConstantFactor>&, Side, const E&);
UNROLL_FOR_ERASED(UNROLL_WORLD)
#undef UNROLL_WORLD

}  // namespace ad

Factorisation Factorisation::cholesky(const Matrix& A, std::string_view name) {
  const auto view = ad::ConstBlock(A.data(), A.rows(), A.cols());
  return {ad::factorised<ad::Cholesky>(name, view), A.rows()};
}
Factorisation Factorisation::cholesky(const Eigen::SparseMatrix<double>& A, std::string_view name) {
  if (A.rows() <= ad::small) return cholesky(Matrix(A), name);
  return {ad::factorised<ad::SparseCholesky>(name, A), A.rows()};
}
Factorisation Factorisation::lu(const Matrix& A, std::string_view name) {
  const auto view = ad::ConstBlock(A.data(), A.rows(), A.cols());
  return {ad::factorised<ad::Lu>(name, view), A.rows()};
}
Factorisation Factorisation::lu(const Eigen::SparseMatrix<double>& A, std::string_view name) {
  return {A.rows() <= ad::small ? ad::factorised<ad::Lu>(name, A) : ad::factorised<ad::SparseLu>(name, A),
          A.rows()};
}
Factorisation Factorisation::by(Index n, std::function<Matrix(const Matrix&)> solve,
                                std::function<Matrix(const Matrix&)> solve_transposed) {
  using namespace ad;
  const auto solve_in_place = [solve = std::move(solve), transposed = std::move(solve_transposed)](
                                  Block& x, Side side) {
    const Matrix solution = (side == Side::plain ? solve : transposed)(x);
    if (solution.rows() != x.rows() || solution.cols() != x.cols())
      throw ShapeError(fmt::format("Factorisation::by: the solution of {}x{} is {}x{}", x.rows(), x.cols(),
                                   solution.rows(), solution.cols()));
    x = solution;
  };
  return {std::make_shared<const ConstantFactor>(ConstantFactor{n, solve_in_place}), n};
}

}  // namespace unroll
