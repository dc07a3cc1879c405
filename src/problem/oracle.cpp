#include "unroll/problem/oracle.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <memory>

#include "problem/give_all.hpp"
#include "unroll/ad/engine.hpp"
#include "unroll/problem/finite_sum.hpp"

namespace unroll::detail {

using namespace ad;

namespace {

// Blocks of a sweep may be pulled back by several threads at once.
void count(Index& counter, Index by) { std::atomic_ref(counter).fetch_add(by, std::memory_order_relaxed); }

// Tangents, zero where there are none.
Matrix all_tangents(const ConstBlock& x, Index k) {
  return x.cols() > 1 ? Matrix(x.rightCols(k)) : Matrix(Matrix::Zero(x.rows(), k));
}
/// ∇_x f(x, θ) as a rule.
struct Gradient {
  static constexpr std::array<unsigned, 2> needed_for{3U, 3U};
  static constexpr bool reads_output = false;
  const Problem* problem;
  Cost* cost;

  void second_order(const ConstBlock& x, const ConstBlock& theta, const ConstBlock& x_dot,
                    const ConstBlock& theta_dot, const WritableColumns& dx,
                    const WritableColumns& dtheta) const {
    if (cost != nullptr) count(cost->hessian_vector_products, x_dot.cols());
    problem->second_order_into(value(x), value(theta), x_dot, theta_dot, dx, dtheta);
  }
  void evaluate(const ConstBlock& x, const ConstBlock& theta, Block y) const {
    if (cost != nullptr) count(cost->gradients, 1);
    const Index k = y.cols() - 1;
    if (k > 0 && !problem->has_objective()) {
      if (cost != nullptr) count(cost->hessian_vector_products, k);
      y = checked_gradient_and_push(*problem, x.col(0), theta.col(0), all_tangents(x, k),
                                    all_tangents(theta, k));
      return;
    }
    problem->gradient_into(value(x), value(theta), {y.data(), y.rows()});
    if (k == 0) return;
    const Matrix none = Matrix::Zero(x.cols() > 1 ? 0 : x.rows(), k);
    second_order(x, theta, x.cols() > 1 ? tangents(x) : ConstBlock(none.data(), none.rows(), k),
                 tangents(theta), {y.data() + y.rows(), y.rows(), k}, no_block());
  }
  template <class P>
  void pullback(P& p) const {
    pull(p, true);
  }

 protected:
  template <class P>
  void pull(P& p, bool passes_theta) const {
    const ScaledBlock y_bar = p.adjoint();
    if (y_bar.block.half() > 0)
      throw UnsupportedError("gradient: a tape for third derivatives would need the problem's fourth");
    const ConstBlock x = p.template in<0>(), theta = p.template in<1>();
    const Index moving = p.sweeper().core().tangents;
    if (!problem->has_objective()) {
      if (cost != nullptr) count(cost->hessian_vector_products, y_bar.block.cols());
      SecondOrder pulled = checked_pull(*problem, x.col(0), theta.col(0), y_bar.block);
      add_third_order(pulled.dx, pulled.dtheta, x, theta, y_bar.block, moving);
      give_all(p, pulled, y_bar.scale, passes_theta);
      return;
    }
    const Index k = y_bar.block.cols();
    const bool wants_theta = passes_theta && p.template wants<1>();
    const Sweeper::Adjoint dx = p.template fresh<0>(),
                           dtheta = wants_theta ? p.template fresh<1>() : Sweeper::Adjoint{};
    Block to_x(dx.buffer->data, x.rows(), k),
        to_theta = wants_theta ? Block(dtheta.buffer->data, theta.rows(), k) : no_block();
    second_order(x, theta, y_bar.block, {nullptr, 0, 0}, to_x, to_theta);
    add_third_order(to_x, to_theta, x, theta, y_bar.block, moving);
    p.template give<0>(dx, y_bar.scale);
    if (wants_theta) p.template give<1>(dtheta, y_bar.scale);
  }

  /// To the adjoints of a tape with k tangents: what (H, Mᵀ) move along these, times the cotangent's value.
  template <class X, class Theta>
  void add_third_order(X&& dx, Theta&& dtheta, const ConstBlock& x, const ConstBlock& theta,
                       const ConstBlock& y_bar, Index k) const {
    if (k == 0) return;
    if (cost != nullptr) count(cost->hessian_vector_products, 2 * k);
    const SecondOrder moved = checked_third_order(*problem, x.col(0), theta.col(0), y_bar.col(0),
                                                  all_tangents(x, k), all_tangents(theta, k));
    dx.rightCols(k) += moved.dx;
    if (dtheta.size() > 0) dtheta.rightCols(k) += moved.dtheta;
  }

 private:
  static VectorView value(const ConstBlock& x) { return {x.data(), x.rows()}; }
  static ConstBlock tangents(const ConstBlock& x) {
    return {x.data() + x.rows(), x.cols() > 1 ? x.rows() : 0, x.cols() - 1};
  }
  static Block no_block() { return {nullptr, 0, 0}; }
};

/// The same, plus a zero that receives the cotangents of all gradients: see Gathering.
template <bool passes_theta>
struct GatheredGradient : Gradient {
  static constexpr std::array<unsigned, 3> needed_for{3U, 3U, 0U};

  void evaluate(const ConstBlock& x, const ConstBlock& theta, const ConstBlock&, Block y) const {
    Gradient::evaluate(x, theta, y);
  }
  template <class P>
  void pullback(P& p) const {
    p.template pass<2>();
    pull(p, passes_theta);
  }
};

/// @throws UnsupportedError now, not when the tape is swept, if the problem has none.
void check_has_third_order(const Problem& problem, const Vector& x, const Vector& theta) {
  checked_third_order(problem, x, theta, Vector::Zero(x.size()), Matrix(x.size(), 0),
                      Matrix(theta.size(), 0));
}

/// H(x, θ) v as a rule.
struct Product {
  static constexpr std::array<unsigned, 2> needed_for{3U, 3U};
  static constexpr bool reads_output = false;
  const Problem* problem;
  Cost* cost;
  const Vector* v;

  SecondOrder third_order(const ConstBlock& x, const ConstBlock& theta, const Vector& w) const {
    if (cost != nullptr) count(cost->hessian_vector_products, 2);
    return checked_third_order(*problem, x.col(0), theta.col(0), w, *v, Matrix::Zero(theta.rows(), 1));
  }
  void evaluate(const ConstBlock& x, const ConstBlock& theta, Block y) const {
    if (cost != nullptr) count(cost->hessian_vector_products, 1);
    y.col(0) = checked_push(*problem, x.col(0), theta.col(0), *v, Matrix::Zero(theta.rows(), 1));
    const Index n = x.rows(), k = y.cols() - 1;
    if (k == 0) return;
    const Matrix x_dot = all_tangents(x, k), theta_dot = all_tangents(theta, k);
    if (problem->has_objective()) {  // symmetric: v may take the place of the cotangent
      if (cost != nullptr) count(cost->hessian_vector_products, 2 * k);
      y.rightCols(k) = checked_third_order(*problem, x.col(0), theta.col(0), *v, x_dot, theta_dot).dx;
      return;
    }
    for (Index i = 0; i < n; ++i) {
      const SecondOrder row = third_order(x, theta, Vector::Unit(n, i));
      y.row(i).tail(k) = row.dx.transpose() * x_dot + row.dtheta.transpose() * theta_dot;
    }
  }
  template <class P>
  void pullback(P& p) const {
    if (p.sweeper().core().tangents > 0)
      throw UnsupportedError(
          "product: a step that takes third derivatives itself, as Newton's, would need fourth ones on a "
          "tape "
          "with tangents: take Implicit{} for second derivatives");
    const ScaledBlock y_bar = p.adjoint();
    const ConstBlock x = p.template in<0>(), theta = p.template in<1>();
    SecondOrder all{Matrix(x.rows(), y_bar.block.cols()), Matrix(theta.rows(), y_bar.block.cols())};
    for (Index j = 0; j < y_bar.block.cols(); ++j) {
      const SecondOrder s = third_order(x, theta, y_bar.block.col(j));
      all.dx.col(j) = s.dx;
      all.dtheta.col(j) = s.dtheta;
    }
    give_all(p, all, y_bar.scale);
  }
};

/// f(x, θ) as a rule: once differentiable.
struct Value {
  static constexpr std::array<unsigned, 2> needed_for{3U, 3U};
  static constexpr bool reads_output = false;
  const Problem* problem;

  void evaluate(const ConstBlock& x, const ConstBlock& theta, Block y) const {
    y.setZero();
    y(0, 0) = problem->value(x.col(0), theta.col(0));
    if (x.cols() > 1)
      y.rightCols(y.cols() - 1) +=
          checked_gradient(*problem, x.col(0), theta.col(0)).transpose() * x.rightCols(x.cols() - 1);
    if (theta.cols() > 1)
      y.rightCols(y.cols() - 1) += checked_parameter_gradient(*problem, x.col(0), theta.col(0)).transpose() *
                                   theta.rightCols(theta.cols() - 1);
  }
  template <class P>
  void pullback(P& p) const {
    if (p.sweeper().core().tangents > 0)
      throw UnsupportedError("value: second derivatives on a tape; use the gradient");
    const ScaledBlock y_bar = p.adjoint();
    const ConstBlock x = p.template in<0>();
    const ConstBlock theta = p.template in<1>();
    const auto give = [&](const Vector& gradient) {
      return [&, gradient](Block bar, Into into) {
        if (into == Into::assign) bar.setZero();
        bar += gradient * y_bar.block;
      };
    };
    if (p.template wants<0>()) p.template add<0>(give(checked_gradient(*problem, x.col(0), theta.col(0))));
    if (p.template wants<1>())
      p.template add<1>(give(checked_parameter_gradient(*problem, x.col(0), theta.col(0))));
  }
};

std::shared_ptr<const Problem> batch_of(const Problem& problem, std::span<const Index> rows) {
  const auto* const sum = dynamic_cast<const FiniteSum*>(&problem);
  if (sum == nullptr)
    throw UnsupportedError("gradient of a batch: the problem is not a finite sum (see make_finite_sum)");
  if (rows.empty()) throw ShapeError("gradient of a batch: the batch is empty");
  for (const Index row : rows)
    if (row < 0 || row >= sum->terms())
      throw ShapeError(fmt::format("gradient of a batch: row {} of a sum of {}", row, sum->terms()));
  return sum->batch({rows.begin(), rows.end()});
}

}  // namespace

Vector oracle_gradient(const Problem& problem, Cost* cost, const Vector& x, const Vector& theta) {
  check_sizes(problem, x.size(), theta.size(), "gradient");
  if (cost != nullptr) count(cost->gradients, 1);
  return checked_gradient(problem, x, theta);
}
DualVector oracle_gradient(const Problem& problem, Cost* cost, const DualVector& x, const DualVector& theta) {
  check_sizes(problem, x.size(), theta.size(), "gradient");
  return evaluate_array<DualVector>(Gradient{&problem, cost}, x.shape(), x, theta);
}
VarVector oracle_gradient(const Problem& problem, Cost* cost, const VarVector& x, const VarVector& theta,
                          const Gathering* gathering) {
  check_sizes(problem, x.size(), theta.size(), "gradient");
  if (gathering == nullptr) return evaluate_array<VarVector>(Gradient{&problem, cost}, x.shape(), x, theta);
  const auto gathered = [&]<bool passes_theta>(std::bool_constant<passes_theta>) {
    return evaluate_array<VarVector>(GatheredGradient<passes_theta>{{&problem, cost}}, x.shape(), x, theta,
                                     gathering->zero);
  };
  return gathering->passes_theta ? gathered(std::true_type{}) : gathered(std::false_type{});
}

Vector oracle_gradient(const Problem& problem, Cost* cost, const Vector& x, const Vector& theta,
                       std::span<const Index> rows) {
  return oracle_gradient(*batch_of(problem, rows), cost, x, theta);
}
DualVector oracle_gradient(const Problem& problem, Cost* cost, const DualVector& x, const DualVector& theta,
                           std::span<const Index> rows) {
  return oracle_gradient(*batch_of(problem, rows), cost, x, theta);
}
VarVector oracle_gradient(const Problem& problem, Cost* cost, const VarVector& x, const VarVector& theta,
                          std::span<const Index> rows, const Gathering* gathering) {
  const auto batch = batch_of(problem, rows);
  if (TapeCore* const core = common_core("gradient", x, theta); core != nullptr) core->kept.push_back(batch);
  return oracle_gradient(*batch, cost, x, theta, gathering);
}

Matrix oracle_hessian(const Problem& problem, Cost* cost, const Vector& x, const Vector& theta) {
  if (cost != nullptr) count(cost->hessian_vector_products, problem.dimension());
  return problem.hessian(x, theta);
}

Vector oracle_product(const Problem& problem, Cost* cost, const Vector& x, const Vector& theta,
                      const Vector& v) {
  if (cost != nullptr) count(cost->hessian_vector_products, 1);
  return checked_push(problem, x, theta, v, Matrix::Zero(theta.size(), 1));
}
DualVector oracle_product(const Problem& problem, Cost* cost, const DualVector& x, const DualVector& theta,
                          const Vector& v) {
  check_has_third_order(problem, x.value(), theta.value());
  return evaluate_array<DualVector>(Product{&problem, cost, &v}, x.shape(), x, theta);
}
VarVector oracle_product(const Problem& problem, Cost* cost, const VarVector& x, const VarVector& theta,
                         const Vector& v) {
  check_has_third_order(problem, x.value(), theta.value());
  const auto kept = std::make_shared<const Vector>(v);  // until the tape has been swept
  if (TapeCore* const core = common_core("gradient", x, theta); core != nullptr) core->kept.push_back(kept);
  return evaluate_array<VarVector>(Product{&problem, cost, kept.get()}, x.shape(), x, theta);
}

double oracle_value(const Problem& problem, const Vector& x, const Vector& theta) {
  check_sizes(problem, x.size(), theta.size(), "value");
  return problem.value(x, theta);
}
Dual oracle_value(const Problem& problem, const DualVector& x, const DualVector& theta) {
  check_sizes(problem, x.size(), theta.size(), "value");
  return evaluate_scalar(Value{&problem}, x, theta);
}
Var oracle_value(const Problem& problem, const VarVector& x, const VarVector& theta) {
  check_sizes(problem, x.size(), theta.size(), "value");
  return evaluate_scalar(Value{&problem}, x, theta);
}

}  // namespace unroll::detail
