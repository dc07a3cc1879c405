#include "unroll/ad/solve.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <memory>

namespace unroll::ad {

namespace {

template <class Factor>
struct Solve {
  static constexpr std::array<unsigned, 2> needed_for{0U, 0U};  // through the factors; tangents of A apart
  static constexpr bool reads_output = true;
  const Factor* factor;
  std::uint32_t n, columns;  // X is n × columns

  // A as the factorisation reads it: by its lower triangle alone, or as it is.
  Matrix matrix(const ConstBlock& a, Index j) const {
    const ConstBlock stored(a.col(j).data(), n, n);
    return Factor::reads_lower ? Matrix(stored.selfadjointView<Eigen::Lower>()) : Matrix(stored);
  }
  Block solution(double* data) const { return {data, n, columns}; }
  ConstBlock solution(const double* data) const { return {data, n, columns}; }

  void evaluate(const ConstBlock& a, const ConstBlock& b, Block x) const {
    for (Index j = 0; j < x.cols(); ++j) {
      Block out = solution(x.col(j).data());
      if (j < b.cols())
        out = solution(b.col(j).data());
      else
        out.setZero();
      if (j > 0 && j < a.cols()) out.noalias() -= matrix(a, j) * solution(x.data());
      factor->solve_in_place(out);
    }
  }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock x_bar = p.adjoint();
    Matrix w(x_bar.block.rows(), x_bar.block.cols());
    for (Index j = 0; j < w.cols(); ++j) {
      Block out = solution(w.col(j).data());
      out = x_bar.scale * solution(x_bar.block.col(j).data());
      if (j > 0 && factor->has_tangents())
        out.noalias() -= matrix(factor->tangents(), j - 1).transpose() * solution(w.data());
      factor->solve_transposed_in_place(out);
    }
    const ConstBlock w_block(w.data(), w.rows(), w.cols());
    p.template add<1>([&](Block b_bar, Into into) { add(b_bar, w_block, 1, into); });
    p.template add<0>([&](Block a_bar, Into into) {
      const Shape shape{n, columns};
      if constexpr (!Factor::reads_lower) {
        matrix_product(a_bar, w_block, shape, Side::plain, p.output(), shape, Side::transposed, -1, into);
      } else {
        Matrix full(a_bar.rows(), a_bar.cols());  // as if every entry were read on its own
        matrix_product(Block(full.data(), full.rows(), full.cols()), w_block, shape, Side::plain, p.output(),
                       shape, Side::transposed, -1, Into::assign);
        if (into == Into::assign) a_bar.setZero();
        for (Index j = 0; j < full.cols(); ++j) {
          const ConstBlock of_entries(full.col(j).data(), n, n);
          Block bar(a_bar.col(j).data(), n, n);
          bar.triangularView<Eigen::Lower>() += of_entries;
          bar.triangularView<Eigen::StrictlyLower>() += of_entries.transpose();
        }
      }
    });
  }
};

// Factors of A, with A's tangents, which second derivatives need.
template <class Decomposition>
class Factors {
 public:
  static constexpr bool reads_lower = std::is_same_v<Decomposition, Eigen::LLT<Matrix>>;
  explicit Factors(const ConstBlock& a, Index n)
      : decomposition_(ConstBlock(a.data(), n, n)), tangents_(a.rightCols(a.cols() - 1)) {}
  const Decomposition& decomposition() const { return decomposition_; }
  bool has_tangents() const { return tangents_.cols() > 0; }
  ConstBlock tangents() const { return {tangents_.data(), tangents_.rows(), tangents_.cols()}; }
  // (Eigen's solvers touch the first entry, which an empty right-hand side has not.)
  void solve_in_place(Block& x) const {
    if (x.size() > 0) x = decomposition_.solve(x).eval();
  }
  void solve_transposed_in_place(Block& x) const {
    if (x.size() > 0) x = decomposition_.transpose().solve(x).eval();
  }

 private:
  Decomposition decomposition_;
  Matrix tangents_;
};

using Cholesky = Factors<Eigen::LLT<Matrix>>;
using Lu = Factors<Eigen::PartialPivLU<Matrix>>;

void check(const Cholesky& factors, const ConstBlock& a, Index n) {
  if (factors.decomposition().info() == Eigen::Success) return;
  // The pivot that failed, by the plain recurrence: an error path.
  Matrix l = ConstBlock(a.data(), n, n);
  for (Index k = 0; k < n; ++k) {
    const double pivot = l(k, k) - l.row(k).head(k).squaredNorm();
    if (!(pivot > 0))
      throw NumericalError(
          fmt::format("solve_cholesky: A is {}x{} and not "
                      "positive definite: pivot {} is {}",
                      n, n, k, pivot));
    l(k, k) = std::sqrt(pivot);
    for (Index i = k + 1; i < n; ++i) l(i, k) = (l(i, k) - l.row(i).head(k).dot(l.row(k).head(k))) / l(k, k);
  }
  throw NumericalError(fmt::format("solve_cholesky: A is {}x{} and not positive definite", n, n));
}

void check(const Lu& factors, const ConstBlock&, Index n) {
  const auto pivots = factors.decomposition().matrixLU().diagonal();
  for (Index k = 0; k < n; ++k)
    if (pivots[k] == 0 || !std::isfinite(pivots[k]))
      throw NumericalError(
          fmt::format("solve_lu: A is {}x{} and singular: pivot {} is {}", n, n, k, pivots[k]));
}

template <class Factor, class M, class B>
solution_t<M, B> solve(const char* operation, const M& a, const B& b) {
  if (a.rows() != a.cols())
    throw ShapeError(fmt::format("{}: A is {}x{}, not square", operation, a.rows(), a.cols()));
  if (a.rows() != b.rows())
    throw ShapeError(fmt::format("{}: A is {}x{}, b has {} rows", operation, a.rows(), a.cols(), b.rows()));
  const Index n = a.rows();
  const auto factor = std::make_shared<const Factor>(block_of(a), n);
  check(*factor, block_of(a), n);
  if (TapeCore* const core = common_core(a, b); core != nullptr) core->kept.push_back(factor);
  const Solve<Factor> rule{factor.get(), static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(b.cols())};
  return evaluate_array<solution_t<M, B>>(rule, Shape{n, b.cols()}, a, b);
}

}  // namespace

template <class M, class B>
solution_t<M, B> cholesky_solution(const M& a, const B& b) {
  return solve<Cholesky>("solve_cholesky", a, b);
}
template <class M, class B>
solution_t<M, B> lu_solution(const M& a, const B& b) {
  return solve<Lu>("solve_lu", a, b);
}

#define UNROLL_SOLVE(M, B)                                               \
  template solution_t<M, B> cholesky_solution<M, B>(const M&, const B&); \
  template solution_t<M, B> lu_solution<M, B>(const M&, const B&);
UNROLL_SOLVE(Matrix, Vector)
UNROLL_SOLVE(Matrix, Matrix)
UNROLL_SOLVE(Matrix, VarVector)
UNROLL_SOLVE(Matrix, VarMatrix)
UNROLL_SOLVE(VarMatrix, Vector)
UNROLL_SOLVE(VarMatrix, Matrix)
UNROLL_SOLVE(VarMatrix, VarVector)
UNROLL_SOLVE(VarMatrix, VarMatrix)
UNROLL_SOLVE(Matrix, DualVector)
UNROLL_SOLVE(Matrix, DualMatrix)
UNROLL_SOLVE(DualMatrix, Vector)
UNROLL_SOLVE(DualMatrix, Matrix)
UNROLL_SOLVE(DualMatrix, DualVector)
UNROLL_SOLVE(DualMatrix, DualMatrix)
#undef UNROLL_SOLVE

}  // namespace unroll::ad
