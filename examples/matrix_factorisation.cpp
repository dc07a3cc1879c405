// Digits with pixels hidden, factored as X ≈ W H without negative numbers: how much each pair of factors is
// penalised is tuned by gradient descent on the pixels hidden, through every multiplicative update.
#include <unroll/unroll.hpp>

#include "gallery.hpp"

using namespace unroll;

template <class V>
struct Factors {
  matrix_t<V> W, H;  // digits × r, r × pixels
};
// The mean square of X − W H where the mask M is 1.
struct Miss {
  Matrix X, M;
  template <class V>
  scalar_t<V> operator()(const Factors<V>& f, const V&) const {
    return squared_norm(cwise_product(M, f.W * f.H - X)) / M.sum();
  }
};

// Updates of Lee & Seung (2001) of ½‖M ∘ (X − W H)‖² + Σ_k e^{θ_k} (Σ_i W_ik + Σ_j H_kj).
struct Updates {
  Matrix X, M;  // X is 0 where M is
  Factors<Vector> layout;
  template <class V>
  Factors<V> init(const V& x0) const {
    return unpack(x0, layout);
  }
  template <class V>
  Factors<V> step(const Oracle<V>&, const Factors<V>& s, const V& theta, Index) const {
    const V penalty = exp(theta);
    const matrix_t<V> w = cwise_product(M, s.W * s.H) * transpose(s.H) + repeat_rows(penalty, X.rows());
    const matrix_t<V> W = cwise_product(s.W, cwise_quotient(X * transpose(s.H), w));
    const matrix_t<V> h = transpose(W) * cwise_product(M, W * s.H) + repeat_columns(penalty, X.cols());
    return {W, cwise_product(s.H, cwise_quotient(transpose(W) * X, h))};
  }
};

// x_T by Eigen alone.
Vector plain(const Updates& u, const Vector& x0, const Vector& theta, Index steps) {
  const Vector penalty = theta.array().exp();
  auto [W, H] = unpack(x0, u.layout);
  for (Index t = 0; t < steps; ++t) {
    const Matrix w = (u.M.cwiseProduct(W * H) * H.transpose()).rowwise() + penalty.transpose();
    W.array() *= (u.X * H.transpose()).array() / w.array();
    const Matrix h = (W.transpose() * u.M.cwiseProduct(W * H)).colwise() + penalty;
    H.array() *= (W.transpose() * u.X).array() / h.array();
  }
  return pack(Factors<Vector>{W, H});
}

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "matrix_factorisation");
  const Index digits = 150, pixels = 64, r = 16;
  const Matrix X = read_csv(UNROLL_DATA_DIR "/digits.csv").values.topLeftCorner(digits, pixels) / 16;
  NormalGenerator normal(1);
  const Matrix M = (normal.matrix(digits, pixels).array() < 0.5).cast<double>();  // 69 % are seen
  const Updates updates{cwise_product(M, X), M, {Matrix(digits, r), Matrix(r, pixels)}};
  const OnBlocks hidden{Miss{X, 1.0 - M}, updates.layout, r};
  const NoObjective problem(packed_size(updates.layout), r);
  const Vector x0 = 0.5 + 0.2 * abs(normal.vector(problem.dimension())), start = Vector::Constant(r, -3);
  const auto gradient = [&](const Vector& t) {
    return hypergradient(hidden, problem, updates, x0, t, {.steps = 60}).dtheta;
  };
  const auto error = [&](const Vector& x) { return hidden(x, start); };
  const auto loss = [&](const Vector& t) { return error(plain(updates, x0, t, 60)); };
  const bool right = examples::check(loss, gradient, start, arguments);
  const OuterResult tuned = minimise_outer(hidden, problem, updates, x0, start, {.steps = 60},
                                           examples::through_all_steps(12, -7, 3));
  Table table({"penalties", "error of hidden pixels"});
  Figure figure = examples::figure("matrix_factorisation", "Missing pixels", "updates + 1", "error", 0.01);
  for (const Vector& theta : {start, tuned.theta}) {
    const Trajectory run = solve(problem, updates, x0, theta, {.steps = 300});
    const Curve& c = examples::add_curve(figure, theta == start ? "all alike" : "tuned", run, error);
    table.add_row({c.label, fmt::format("{:.4f}", c.y[60])});
  }
  examples::show(table, figure, arguments);
  return right && figure.curves[1].y[60] < 0.9 * figure.curves[0].y[60] ? 0 : 1;
}
