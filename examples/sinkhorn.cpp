// Sinkhorn's algorithm in the log domain, and how the cost of transport depends on one of the two histograms:
// through every iteration, beside the dual potential, which at the solution is that gradient.
#include <unroll/unroll.hpp>

#include "gallery.hpp"

using namespace unroll;

// P_ij = exp(f_i + g_j − C_ij) with row sums a and column sums b: f and g are fitted in turn. a = softmax(θ).
struct Sinkhorn {
  Matrix C;      // cost/ε, n×n, symmetric
  Vector log_b;  // n

  template <class V>
  V prepare(const V& theta) const {  // log a
    return theta - log_sum_exp(theta);
  }
  template <class V>
  V fitted(const V& log_sums, const V& g) const {  // f, for which Σ_j P_ij are the given sums
    return log_sums - row_log_sum_exp(repeat_rows(g, C.rows()) - C);
  }
  template <class V>
  State<V> step(const Oracle<V>&, const State<V>& g, const V&, Index, const V& log_a) const {
    return {fitted(V(log_b), fitted(log_a, g.x))};
  }
  template <class V>  // ⟨a, f⟩ + ⟨b, g⟩: the entropic cost of transport, over ε, but for a constant
  scalar_t<V> operator()(const V& g, const V& theta) const {
    const V log_a = prepare(theta);
    return dot(exp(log_a), fitted(log_a, g)) + dot(exp(log_b), g);
  }
};

// The same cost by Eigen alone.
double plain(const Sinkhorn& s, const Vector& theta, Index steps) {
  const auto fitted = [&](const Vector& log_sums, const Vector& g) -> Vector {
    const Matrix Z = (-s.C).rowwise() + g.transpose();
    const Vector top = Z.rowwise().maxCoeff();
    return log_sums - top - Vector((Z.colwise() - top).array().exp().rowwise().sum().log());
  };
  const Vector log_a = theta.array() - std::log(theta.array().exp().sum());
  Vector g = Vector::Zero(theta.size());
  for (Index t = 0; t < steps; ++t) g = fitted(s.log_b, fitted(log_a, g));
  return log_a.array().exp().matrix().dot(fitted(log_a, g)) + s.log_b.array().exp().matrix().dot(g);
}

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "sinkhorn");
  const Index n = 60;
  const Vector at = Vector::LinSpaced(n, 0, 1), g0 = Vector::Zero(n), theta = sin(9.0 * at);
  const Vector b = exp(-200.0 * square(at - 0.3)) + 1e-3;
  const Matrix C = square(repeat_columns(at, n) - repeat_rows(at, n)) / 0.02;
  const Sinkhorn sinkhorn{C, log(b / sum(b))};
  const NoObjective problem(n, n);
  const auto gradient = [&](const Vector& t, Index steps) {
    return hypergradient(sinkhorn, problem, sinkhorn, g0, t, {.steps = steps}).dtheta;
  };
  const bool right = examples::check([&](const Vector& t) { return plain(sinkhorn, t, 60); },
                                     [&](const Vector& t) { return gradient(t, 60); }, theta, arguments);

  const Vector solution = gradient(theta, 1000), log_a = sinkhorn.prepare(theta), a = exp(log_a);
  const auto off = [&](const Vector& found) { return (found - solution).norm() / solution.norm(); };
  const auto unrolled = [&](double t) { return off(gradient(theta, static_cast<Index>(t))); };
  const auto potential = [&](double t) {  // a ∘ (f − ⟨a, f⟩): ∂a(θ) times f
    const SolveOptions options{.steps = static_cast<Index>(t)};
    const Vector f = sinkhorn.fitted(log_a, solve(problem, sinkhorn, g0, theta, options).x());
    return off(cwise_product(a, f - dot(a, f)));
  };
  Table table({"iterations", "unrolled", "potential"});
  const std::vector<double> ts{1, 2, 3, 5, 8, 12, 18, 27, 40, 60};
  for (const double t : ts)
    table.add_row(
        {fmt::format("{}", t), fmt::format("{:.1e}", unrolled(t)), fmt::format("{:.1e}", potential(t))});
  Figure figure =
      examples::figure("sinkhorn", "Gradient of a cost of transport", "iterations", "relative error");
  examples::add_curve(figure, "unrolled", ts, unrolled);
  examples::add_curve(figure, "potential", ts, potential);
  examples::show(table, figure, arguments);
  return right && potential(60) < 1e-9 ? 0 : 1;
}
