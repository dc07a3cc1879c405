// Learning to optimise: the step sizes of 10 unrolled steps of gradient descent, trained by back-propagation
// through them. Training minimises the error that 10 steps leave on quadratics f(x) = ½xᵀHx − bᵀx with random
// b; the steps are then compared with Chebyshev's, the best for the worst case, on b that training has not
// seen.
#include <fmt/core.h>

#include <chrono>
#include <cmath>
#include <random>
#include <unroll/compare/dataset.hpp>
#include <unroll/unroll.hpp>
#include <vector>

#include "gallery.hpp"

using unroll::Index;
using unroll::Matrix;
using unroll::Vector;

constexpr Index steps = 10;

// x ← x − θ_t (H x − b), many right-hand sides at once: X and B are n×k, flattened to vectors. θ are the step
// sizes.
struct LearnedSteps {
  unroll::LinearOperator hessian;  // X ↦ H X
  Vector b;                        // n·k

  template <class V>
  unroll::State<V> step(const unroll::Oracle<V>&, const unroll::State<V>& s, const V& theta, Index t) const {
    const V g = hessian * s.x - b;
    return {s.x - theta[t] * g};
  }
};

struct Sample {
  LearnedSteps solver;
  Vector minimisers;  // n·k
};

Sample draw(const Matrix& H, Index k, std::mt19937_64& random) {
  const Index n = H.rows();
  std::normal_distribution<double> normal;
  const Matrix B = Matrix::NullaryExpr(n, k, [&] { return normal(random); });
  const auto apply = [&H, n, k](const Vector& x) {
    const Matrix product = H * Eigen::Map<const Matrix>(x.data(), n, k);
    return Vector(Eigen::Map<const Vector>(product.data(), n * k));
  };
  const Matrix X = unroll::solve_cholesky(H, B);
  return {{{n * k, n * k, apply, apply}, Eigen::Map<const Vector>(B.data(), n * k)},
          Eigen::Map<const Vector>(X.data(), n * k)};
}

// ‖x_10 − x*‖²/‖x*‖² over a sample from x_0 = 0, and its gradient in the step sizes: one sweep back.
double loss(const Sample& sample, const Vector& theta, Vector* gradient = nullptr) {
  const unroll::NoObjective problem(sample.minimisers.size(), steps);
  const Vector x0 = Vector::Zero(problem.dimension());
  const unroll::SolveOptions options{.steps = steps};
  const double scale = sample.minimisers.squaredNorm();
  const Vector error = solve(problem, sample.solver, x0, theta, options).x() - sample.minimisers;
  if (gradient != nullptr)
    *gradient = vjp(problem, sample.solver, x0, theta, 2 / scale * error, options, unroll::Reverse{}).dtheta;
  return error.squaredNorm() / scale;
}

// The outer problem, min over step sizes of the training loss: the library's own solvers take it like any
// other.
class Training final : public unroll::Problem {
 public:
  explicit Training(const Sample& sample) : sample_(sample) {}
  Index dimension() const override { return steps; }
  Index parameters() const override { return 0; }
  double value(const Vector& x, const Vector&) const override { return std::log(loss(sample_, x)); }
  Vector gradient(const Vector& x, const Vector&) const override {
    Vector g;
    const double value = loss(sample_, x, &g);
    return g / value;
  }
  unroll::SecondOrder second_order(const Vector&, const Vector&, const Matrix&,
                                   const Matrix&) const override {
    throw unroll::UnsupportedError("training: first order only");
  }

 private:
  const Sample& sample_;
};

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "learned_steps");
  // The Hessian of ridge regression on auto_mpg: real data, seven eigenvalues far apart.
  const unroll::CsvTable csv = unroll::read_csv(UNROLL_DATA_DIR "/auto_mpg.csv");
  const Matrix A = unroll::standardise(unroll::select_target(csv)).data.values;
  Matrix H = A.transpose() * A / static_cast<double>(A.rows());
  H.diagonal().array() += 0.01;
  const unroll::Spectrum spectrum = unroll::spectrum(H);
  std::mt19937_64 random(1);
  const Sample training = draw(H, 200, random), held_out = draw(H, 200, random);

  // Chebyshev's steps: the inverse roots of its residual polynomial. Training starts from steps of equal
  // length.
  Vector chebyshev(steps);
  for (Index i = 0; i < steps; ++i) {
    const double angle = (2 * static_cast<double>(i) + 1) / (2 * steps) * 3.14159265358979323846;
    const double middle = (spectrum.largest + spectrum.smallest) / 2;
    chebyshev[i] = 1 / (middle + (spectrum.largest - spectrum.smallest) / 2 * std::cos(angle));
  }
  const Vector equal = Vector::Constant(steps, 1 / spectrum.largest);

  auto last = std::chrono::steady_clock::now();
  const auto progress = [&](Index t, const Vector& x) {
    if (std::chrono::steady_clock::now() - last < std::chrono::seconds(2)) return;
    last = std::chrono::steady_clock::now();
    fmt::print(stderr, "training, step {}: loss {:.3e}\n", t, loss(training, x));
  };
  const unroll::Trajectory run = solve(Training(training), unroll::Lbfgs{.memory = steps}, chebyshev,
                                       Vector(), {.steps = 200, .tolerance = 1e-9, .observer = progress});
  const Vector& learned = run.x();

  fmt::print(
      "10 steps on ridge auto_mpg, condition number {:.0f}; trained on 200 right-hand sides, tested on 200 "
      "others\n",
      spectrum.condition_number());
  fmt::print("training {}\n\n", run.message());
  fmt::print("{:<12} {:>14} {:>14}\n", "step sizes", "training", "held out");
  auto figure = examples::figure("learned_steps", "Ten steps of gradient descent, held out", "t + 1",
                                 "squared error, relative", 1e-4);
  for (const auto& [name, theta] :
       {std::pair{"1/L", equal}, {"Chebyshev", chebyshev}, {"learned", learned}}) {
    fmt::print("{:<12} {:>14.3e} {:>14.3e}\n", name, loss(training, theta), loss(held_out, theta));
    const Vector& right = held_out.minimisers;
    const unroll::NoObjective problem(right.size(), steps);
    const auto descent = solve(problem, held_out.solver, Vector(0 * right), theta, {.steps = steps});
    examples::add_curve(figure, name, descent,
                        [&](const Vector& x) { return (x - right).squaredNorm() / right.squaredNorm(); });
  }
  fmt::print("\n{:>3} {:>14} {:>14}\n", "t", "Chebyshev", "learned");
  for (Index t = 0; t < steps; ++t) fmt::print("{:>3} {:>14.6f} {:>14.6f}\n", t, chebyshev[t], learned[t]);
  examples::draw(figure, arguments.directory);
  return loss(held_out, learned) < 0.5 * loss(held_out, chebyshev) ? 0 : 1;
}
