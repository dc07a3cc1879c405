// A Gaussian process for the consumption of cars: its length scale, amplitude and noise by marginal
// likelihood, and which observations decide them, as the optimum is differentiated in the observations.
#include <Eigen/Cholesky>
#include <unroll/unroll.hpp>

#include "gallery.hpp"

using namespace unroll;

template <class V>
struct Kernel {
  scalar_t<V> log_length, log_amplitude, log_noise;
};
const Kernel<Vector> kernel{};
Matrix squared_distances(const Matrix& a, const Matrix& b) {
  return ((-2 * a * b.transpose()).colwise() + a.rowwise().squaredNorm()).rowwise() +
         b.rowwise().squaredNorm().transpose();
}

// −log p(y)/m, but for a constant, of y ~ N(0, K), K = a² e^{−D²/2ℓ²} + s² I: (yᵀK⁻¹y + log det K)/(2m).
struct MarginalLikelihood {
  Matrix D2;
  template <class V>
  scalar_t<V> operator()(const V& x, const V& y) const {
    const Kernel<V> k = unpack(x, kernel);
    const matrix_t<V> smooth = exp(2.0 * k.log_amplitude) * exp(-0.5 * exp(-2.0 * k.log_length) * D2);
    const matrix_t<V> K = smooth + exp(2.0 * k.log_noise) * Matrix::Identity(y.size(), y.size());
    return 0.5 * (dot(y, solve_cholesky(K, y)) + log_det_cholesky(K)) / double(y.size());
  }
};

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "gaussian_process");
  const Dataset all = standardise(select_target(read_csv(UNROLL_DATA_DIR "/auto_mpg.csv"))).data;
  const auto some = Eigen::seq(0, Eigen::last, 4);  // 98 cars
  const Matrix A = all.values(some, Eigen::all);
  const Vector mpg = centred(all.target), y = mpg(some);
  const MarginalLikelihood f{squared_distances(A, A)};
  const auto problem = make_problem(f, packed_size(kernel), y.size());
  const Vector start = pack(Kernel<Vector>{0, 1, 1});
  const auto plain = [&](const Vector& x) {  // by Eigen alone
    const auto [log_length, log_amplitude, log_noise] = unpack(x, kernel);
    Matrix K = std::exp(2 * log_amplitude) * (-0.5 * std::exp(-2 * log_length) * f.D2).array().exp();
    K.diagonal().array() += std::exp(2 * log_noise);
    const Eigen::LLT<Matrix> llt(K);
    return 0.5 * y.dot(llt.solve(y)) / double(y.size()) + llt.matrixLLT().diagonal().array().log().mean();
  };
  const bool right = examples::check(
      plain, [&](const Vector& x) { return problem.gradient(x, y); }, start, arguments);

  const SolveOptions options{.steps = 200, .tolerance = 1e-12};
  const auto fit = [&](const Vector& t) { return jacobian(problem, Lbfgs{}, start, t, options, Implicit{}); };
  const Derivative best = fit(y);
  const Vector w = pack(Kernel<Vector>{1, 0, 0});  // of the length scale alone
  const auto length = [&](const Vector& t) { return w.dot(solve(problem, Lbfgs{}, best.x, t, options).x()); };
  const auto slope = [&](const Vector& t) -> Vector { return fit(t).dx.transpose() * w; };
  const bool sensitive = examples::check(length, slope, y, arguments);

  Table table({"", "length scale", "amplitude", "noise"});
  const auto row = [&](const char* name, const Vector& v) {
    std::vector<std::string> cells{name};
    for (const double entry : v) cells.push_back(fmt::format("{:.3f}", entry));
    table.add_row(cells);
  };
  row("start", exp(start));
  row("best", exp(best.x));
  row("its slope in car 7", cwise_product(exp(best.x), Vector(best.dx.col(7))));
  Figure figure =
      examples::figure("gaussian_process", "Likelihood", "length scale", "above the minimum", 1e-4);
  std::vector<double> lengths;
  for (const double t : Vector::LinSpaced(30, 0, std::log(100))) lengths.push_back(std::exp(t));
  for (const double noise : {0.7, 1.0, 1.5})
    examples::add_curve(figure, fmt::format("{} × noise", noise), lengths, [&](double l) {
      Kernel<Vector> k = unpack(best.x, kernel);
      k = {std::log(l), k.log_amplitude, k.log_noise + std::log(noise)};
      return f(pack(k), y) - f(best.x, y);
    });
  examples::show(table, figure, arguments);
  return right && sensitive && best.status == Status::converged ? 0 : 1;
}
