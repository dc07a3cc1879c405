#pragma once

#include <memory>

#include "ad/adaptors.hpp"
#include "ad/bilinear.hpp"

/// The rule behind every solve A X = B with derivatives in A, dense or sparse.
namespace unroll::ad {

/// X = A⁻¹ B, n × columns. A `Factor` has, as const members,
///   void solve_in_place(Block& x, Side side)                                x = op(A)⁻¹ x
///   bool has_tangents()                                                     of A
///   void subtract_product(Block& out, Index j, Side side, const Block& x)   out −= op(Ȧ_j) x
///   void pull(Block a, const ConstBlock& w, const ConstBlock& x, Into into) a (+)= −W Xᵀ in A's entries
/// `Held` says where they are: made once and kept beside the recording, or, where A is its own factor, made
/// anew of A's block, which the node keeps.
template <class Held>
struct Solve {
  static constexpr std::array<unsigned, 2> needed_for{Held::is_operand ? 3U : 0U, 0U};
  static constexpr bool reads_output = true;
  Held held;
  std::uint32_t n, columns;

  Block matrix(double* data) const { return {data, n, columns}; }

  // out −= what A's tangents make of the columns of x before column j.
  template <class Factor>
  void subtract_products(const Factor& factor, Block& out, Index j, Side side, Block x, Index half) const {
    const auto subtract = [&](Index of_a, Index of_x) {
      factor.subtract_product(out, of_a - 1, side, matrix(x.col(of_x).data()));
    };
    subtract(j, 0);
    if (!is_mixed(j, half)) return;
    subtract(half, j - half);
    subtract(j - half, half);
  }

  void evaluate(const ConstBlock& a, const ConstBlock& b, Block x) const {
    const auto& factor = held.of(a);
    for (Index j = 0; j < x.cols(); ++j) {
      Block out = matrix(x.col(j).data());
      if (j < b.cols())
        x.col(j) = b.col(j);
      else
        out.setZero();
      if (j > 0 && j < a.cols()) subtract_products(factor, out, j, Side::plain, x, half_of(a, b, x));
      factor.solve_in_place(out, Side::plain);
    }
  }
  template <class P>
  void pullback(P& p) const {
    const ScaledBlock x_bar = p.adjoint();
    const auto& factor = [&]() -> decltype(auto) {
      if constexpr (Held::is_operand)
        return held.of(p.template in<0>());
      else
        return held.of(ConstBlock(nullptr, 0, 0));
    }();
    Matrix w = x_bar.scale * x_bar.block;
    for (Index j = 0; j < w.cols(); ++j) {
      Block out = matrix(w.col(j).data());
      if (j > 0 && factor.has_tangents())
        subtract_products(factor, out, j, Side::transposed, Block(w.data(), w.rows(), w.cols()),
                          x_bar.block.half());
      factor.solve_in_place(out, Side::transposed);
    }
    const ConstBlock w_block(w.data(), w.rows(), w.cols(), x_bar.block.half());
    p.template add<1>([&](Block b_bar, Into into) { add(b_bar, w_block, 1, into); });
    p.template add<0>([&](Block a_bar, Into into) { factor.pull(a_bar, w_block, p.output(), into); });
  }
};

/// A factor that lives as long as the recording.
template <class Factor>
struct Kept {
  static constexpr bool is_operand = false;
  const Factor* factor;
  const Factor& of(const ConstBlock&) const { return *factor; }
};

template <class Held, class A, class B>
auto solve_by(const Held& held, Index n, const A& a, const B& b) {
  const Solve<Held> rule{held, static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(b.cols())};
  return evaluate_rule<Kind::array>(rule, Shape{n, b.cols()}, a, b);
}
/// The solution by a factor that was made of A's block.
template <class Factor, class A, class B>
auto solve_by(std::shared_ptr<const Factor> factor, Index n, const A& a, const B& b) {
  if (TapeCore* const core = common_core("solve", a, b); core != nullptr) core->kept.push_back(factor);
  return solve_by(Kept<Factor>{factor.get()}, n, a, b);
}

}  // namespace unroll::ad
