// A blurred, noisy signal is sharpened by least squares, whose penalty is tuned through all steps of the run
// on the signal behind it. The blur is a convolution on a ring, applied by FFT, and never formed.
#include <unroll/unroll.hpp>
#include <unsupported/Eigen/FFT>

#include "gallery.hpp"

using namespace unroll;

// x ↦ k ∗ x: by spectra F(k ∗ x) = F(k) ∘ F(x); its transpose has the conjugate of F(k).
LinearOperator convolution(const Vector& kernel) {
  Eigen::VectorXcd spectrum;
  Eigen::FFT<double>().fwd(spectrum, kernel);
  const auto by = [](const Eigen::VectorXcd& factor) {
    return [factor](const Vector& x) {
      Vector y;
      Eigen::VectorXcd transform;
      Eigen::FFT<double> fft;  // belongs to one thread
      fft.fwd(transform, x);
      fft.inv(y, transform.cwiseProduct(factor).eval());
      return y;
    };
  };
  return {kernel.size(), kernel.size(), by(spectrum), by(spectrum.conjugate())};
}

// ½‖K x − y‖² + ½ e^θ ‖D x‖²
struct Sharpness {
  LinearOperator K, D;  // the blur; differences of neighbours
  Vector y;
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    const V rest = K * x - y, slopes = D * x;
    return 0.5 * squared_norm(rest) + 0.5 * exp(theta[0]) * squared_norm(slopes);
  }
};

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "deblurring");
  const Index n = 120;
  const Vector at = Vector::LinSpaced(n, 0, 1 - 1.0 / n), x0 = Vector::Zero(n), start{{-7.0}};
  const Vector bell = exp(-2000.0 * square(min(at, 1.0 - at))), kernel = bell / sum(bell);
  const Vector difference = Vector::Unit(n, 0) - Vector::Unit(n, 1);
  const Vector truth =
      where(Matrix((abs(at - 0.7).array() < 0.1).cast<double>()), 1, exp(-150.0 * square(at - 0.3)));
  const auto circulant = [&](const Vector& k) -> Matrix {
    return Matrix::NullaryExpr(n, n, [&](Index i, Index j) { return k[(i - j + n) % n]; });
  };
  const Matrix K = circulant(kernel), D = circulant(difference);
  const Vector y = K * truth + 0.03 * NormalGenerator(1).vector(n);
  const auto problem = make_problem(Sharpness{convolution(kernel), convolution(difference), y}, n, 1);
  const GradientDescent solver{0.2};
  const SolveOptions options{.steps = 500};
  const auto error = [&](const auto& x) { return squared_norm(x - truth) / double(n); };
  const auto loss = [&](const auto& x, const auto&) { return error(x); };
  const auto gradient = [&](const Vector& t) {
    return hypergradient(loss, problem, solver, x0, t, options).dtheta;
  };
  const auto plain = [&](const Vector& t) {  // by Eigen alone
    const Matrix H = K.transpose() * K + std::exp(t[0]) * D.transpose() * D;
    Vector x = x0;
    for (Index step = 0; step < options.steps; ++step) x -= 0.2 * (H * x - K.transpose() * y);
    return error(x);
  };
  const bool right = examples::check(plain, gradient, start, arguments);
  const OuterResult tuned =
      minimise_outer(loss, problem, solver, x0, start, options, examples::through_all_steps(20, -12, 0));
  Table table({"log penalty", "error"});
  Figure figure = examples::figure("deblurring", "Behind a blur", "steps + 1", "mean squared error", 1e-3);
  for (const double theta : {start[0], tuned.theta[0]}) {
    const Trajectory run = solve(problem, solver, x0, Vector{{theta}}, options);
    const Curve& c = examples::add_curve(figure, fmt::format("penalty {:.2g}", std::exp(theta)), run, error);
    table.add_row({fmt::format("{:.2f}", theta), fmt::format("{:.4f}", c.y.back())});
  }
  examples::show(table, figure, arguments);
  return right && figure.curves[1].y.back() < 0.75 * figure.curves[0].y.back() ? 0 : 1;
}
