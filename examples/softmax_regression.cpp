// Softmax regression of handwritten digits with a penalty for every weight: 610 of them, tuned by gradient
// descent on the loss of digits held out, through every step of the training.
#include <unroll/unroll.hpp>

#include "gallery.hpp"

using namespace unroll;

template <class V>
struct Classifier {
  matrix_t<V> W;  // pixels × classes
  V b;            // classes
};

// The mean of −log p_i, p_i the probability of the right class, and, in training, ½ Σ e^{θ_jk} W_jk².
struct Loss {
  Matrix A, Y;               // a row a digit, and what it is: a single 1
  Classifier<Vector> start;  // zeros
  bool penalised;
  template <class V>
  scalar_t<V> operator()(const Classifier<V>& c, const V& theta) const {
    const matrix_t<V> scores = A * c.W + repeat_rows(c.b, A.rows());
    const scalar_t<V> loss = mean(row_log_sum_exp(scores) - row_sums(cwise_product(Y, scores)));
    return penalised ? scalar_t<V>(loss + 0.5 * dot(exp(theta), square(flatten(c.W)))) : loss;
  }
};

// x_T by Eigen alone.
Vector plain(const Loss& l, const Vector& theta, double h, Index steps) {
  Classifier<Vector> c = l.start;
  const Matrix penalty = theta.array().exp().matrix().reshaped(c.W.rows(), c.W.cols());
  for (Index t = 0; t < steps; ++t) {
    Matrix P = (l.A * c.W).rowwise() + c.b.transpose();
    P = (P.colwise() - P.rowwise().maxCoeff()).array().exp();
    P = (P.array().colwise() / P.rowwise().sum().array() - l.Y.array()) / static_cast<double>(l.A.rows());
    c.W -= h * (l.A.transpose() * P + penalty.cwiseProduct(c.W));
    c.b -= h * P.colwise().sum().transpose();
  }
  return pack(c);
}

// Every third digit.
Loss third(Index first, bool penalised) {
  const Dataset all = standardise(select_target(read_csv(UNROLL_DATA_DIR "/digits.csv"))).data;
  const auto rows = Eigen::seq(first, Eigen::last, 3);
  const Vector digits = all.target(rows);
  const auto is = [&](Index i, Index k) { return digits[i] == static_cast<double>(k); };
  const Matrix A = all.values(rows, Eigen::all), Y = Matrix::NullaryExpr(digits.size(), 10, is);
  return {A, Y, {Matrix::Zero(A.cols(), 10), Vector::Zero(10)}, penalised};
}

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "softmax_regression");
  const Loss training = third(0, true);
  const Vector x0 = pack(training.start);
  const Index p = training.start.W.size();  // a penalty a weight
  const auto problem = make_problem(training, training.start, p);
  const OnBlocks held_out{third(1, false), training.start, p}, test{third(2, false), training.start, p};
  const GradientDescent descent{0.2};
  const Vector one = Vector::Constant(problem.parameters(), -4);
  const SolveOptions options{.steps = 60};
  const bool right = examples::check(
      [&](const Vector& t) { return held_out(plain(training, t, 0.2, 60), t); },
      [&](const Vector& t) { return hypergradient(held_out, problem, descent, x0, t, options).dtheta; }, one,
      arguments);

  // (With a penalty above 2/0.2 the steps would be unstable.)
  const OuterResult tuned = minimise_outer(held_out, problem, descent, x0, one, options,
                                           examples::through_all_steps(12, -12, std::log(5)));
  Table table({"penalties", "loss held out", "loss of test digits"});
  Figure figure = examples::figure("softmax_regression", "Unseen digits", "steps + 1", "loss", 0.1);
  for (const auto& [name, theta] : {std::pair("one", one), std::pair("610, tuned", tuned.theta)}) {
    const Trajectory run = solve(problem, descent, x0, theta, {.steps = 1000});
    examples::add_curve(figure, name, run, [&](const Vector& x) { return test(x, one); });
    const Vector& x = run.iterates[60];
    table.add_row({name, fmt::format("{:.4f}", held_out(x, theta)), fmt::format("{:.4f}", test(x, theta))});
  }
  examples::show(table, figure, arguments);
  return right && figure.curves[1].y[60] < 0.95 * figure.curves[0].y[60] ? 0 : 1;
}
