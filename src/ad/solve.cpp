#include "unroll/ad/solve.hpp"

#include "ad/factors.hpp"
#include "ad/instantiate.hpp"
#include "ad/solve_rule.hpp"

namespace unroll::ad {

namespace {

// What of A a factor reads: the matrix that is meant, and where the adjoints of its entries go.
struct Whole {
  static const ConstBlock& read(const ConstBlock& a) { return a; }
  static void give(Block a_bar, const Matrix& full) { a_bar += full; }
};
struct Symmetric {
  static Matrix read(const ConstBlock& a) { return a.selfadjointView<Eigen::Lower>(); }
  static void give(Block a_bar, const Matrix& full) {
    a_bar.triangularView<Eigen::Lower>() += full;
    a_bar.triangularView<Eigen::StrictlyLower>() += full.transpose();
  }
};
template <unsigned mode>
struct Triangle {
  static Matrix read(const ConstBlock& a) { return a.triangularView<mode>(); }
  static void give(Block a_bar, const Matrix& full) { a_bar.triangularView<mode>() += full; }
};

// Factors of A, with A's tangents, which second derivatives need: both copied, or where they are.
template <class Factors, class Reading, class Tangents = Matrix>
class DenseFactor {
 public:
  DenseFactor(Factors factors, const ConstBlock& a, Index n)
      : n_(n),
        factors_(std::move(factors)),
        tangents_(ConstBlock(a.data() + a.rows(), a.rows(), a.cols() - 1)) {}

  // (Eigen's solvers touch the first entry, which an empty right-hand side has not.)
  void solve_in_place(Block& x, Side side) const {
    if (x.size() > 0) factors_.solve_in_place(x, side);
  }
  bool has_tangents() const { return tangents_.cols() > 0; }
  void subtract_product(Block& out, Index j, Side side, const Block& x) const {
    const ConstBlock stored(tangents_.col(j).data(), n_, n_);
    on_side(Reading::read(stored), side, [&](const auto& a) { out.noalias() -= a * x; });
  }
  void pull(Block a_bar, const ConstBlock& w, const ConstBlock& x, Into into) const {
    const Shape shape{n_, n_ == 0 ? 0 : x.rows() / n_};
    const auto outer_product = [&](Block to, Into how) {
      matrix_product(to, w, shape, Side::plain, x, shape, Side::transposed, -1, how);
    };
    if constexpr (std::is_same_v<Reading, Whole>) {
      outer_product(a_bar, into);
    } else {
      Matrix full(a_bar.rows(), a_bar.cols());
      outer_product(Block(full.data(), full.rows(), full.cols()), Into::assign);
      if (into == Into::assign) a_bar.setZero();
      for (Index j = 0; j < full.cols(); ++j)
        Reading::give(Block(a_bar.col(j).data(), n_, n_), full.col(j).reshaped(n_, n_));
    }
  }

 private:
  Index n_;
  Factors factors_;
  Tangents tangents_;
};

// A triangle, its own factor.
template <unsigned mode>
struct TriangleItself {
  static constexpr bool is_operand = true;
  Index n;
  auto of(const ConstBlock& a) const {
    return DenseFactor<Triangular<mode>, Triangle<mode>, ConstBlock>({ConstBlock(a.data(), n, n)}, a, n);
  }
};

template <class Factors, class Reading, class A, class B>
auto solution_by(std::string_view name, const A& a, const B& b) {
  check_system(name, shape_of(a), b.rows());
  using Factor = DenseFactor<Factors, Reading>;
  const ConstBlock block = block_of(a);
  const Index n = a.rows();
  return solve_by(std::make_shared<const Factor>(Factors(name, ConstBlock(block.data(), n, n)), block, n), n,
                  a, b);
}
template <unsigned mode, class A, class B>
auto solution_by_triangle(std::string_view name, const A& a, const B& b) {
  check_system(name, shape_of(a), b.rows());
  const Index n = a.rows();
  check_pivots(name, ConstBlock(block_of(a).data(), n, n).diagonal());
  return solve_by(TriangleItself<mode>{n}, n, a, b);
}

}  // namespace

template <class A, class B>
erased_result_t<A, B> solution(Factoring factoring, const A& a, const B& b) {
  switch (factoring) {
    case Factoring::cholesky:
      return solution_by<Cholesky, Symmetric>("solve_cholesky: A", a, b);
    case Factoring::lu:
      return solution_by<Lu, Whole>("solve_lu: A", a, b);
    case Factoring::lower:
      return solution_by_triangle<Eigen::Lower>("solve_lower: A", a, b);
    default:
      return solution_by_triangle<Eigen::Upper>("solve_upper: A", a, b);
  }
}

#define UNROLL_SOLUTION(A, B) template erased_result_t<A, B> solution<A, B>(Factoring, const A&, const B&);
UNROLL_FOR_ERASED_PAIRS(UNROLL_SOLUTION)
#undef UNROLL_SOLUTION

}  // namespace unroll::ad
