// A curve through fourteen measurements, by Levenberg and Marquardt's method, and how each measurement moves
// it: the derivative of the fit in the data. Misra1a of the NIST StRD (dental research in monomolecular
// adsorption; public domain), whose parameters and deviations are certified.
#include <unroll/unroll.hpp>

#include "gallery.hpp"

using namespace unroll;

const Vector pressure{
    {77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760.0}};
const Vector volume{
    {10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47, 81.78}};
const Vector certified{{2.3894212918e+02, 5.5015643181e-04}},
    deviations{{2.7070075241e+00, 7.2668688436e-06}};

// b₁(1 − e^{−b₂ p}) − v with b = e^x, positive, and θ = v, the data.
struct Residuals {
  template <class V>
  V operator()(const V& x, const V& v) const {
    return V(-exp(x[0]) * expm1(-exp(x[1]) * pressure) - v);
  }
};

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "curve_fit");
  const Index m = pressure.size();
  const auto problem = make_least_squares(Residuals{}, 2, m);
  const Vector start{{std::log(500), std::log(1e-4)}};  // NIST's first
  const SolveOptions options{.steps = 200, .tolerance = 1e-13};
  const auto fit = [&](const Vector& v, const Method& method) {
    return jacobian(problem, LevenbergMarquardt{}, start, v, options, method);
  };
  const bool right = examples::check(
      [&](const Vector& v) { return solve(problem, LevenbergMarquardt{}, start, v, options).x().sum(); },
      [&](const Vector& v) -> Vector { return fit(v, Reverse{}).dx.colwise().sum().transpose(); }, volume,
      arguments);

  const Derivative best = fit(volume, Implicit{});
  const Vector b = exp(best.x), rest = Residuals{}(best.x, volume);
  const double noise = rest.norm() / std::sqrt(double(m - 2));
  const Matrix moves = b.asDiagonal() * best.dx;  // ∂b/∂v, 2×m
  const Vector deviation = noise * moves.rowwise().norm();
  Table table({"", "fit", "certified", "deviation by ∂b/∂v", "certified"});
  for (const Index i : {0, 1})
    table.add_row({fmt::format("b{}", i + 1), fmt::format("{:.10e}", b[i]),
                   fmt::format("{:.10e}", certified[i]), fmt::format("{:.3e}", deviation[i]),
                   fmt::format("{:.3e}", deviations[i])});
  Figure figure = examples::figure("curve_fit", "What a measurement moves", "measurement, by pressure",
                                   "move by one deviation of it, in deviations of b", 1e-3);
  std::vector<double> measurement(14);
  std::iota(measurement.begin(), measurement.end(), 1.0);
  for (const Index i : {0, 1})
    examples::add_curve(figure, fmt::format("b{}", i + 1), measurement,
                        [&](double j) { return std::abs(moves(i, Index(j) - 1)) * noise / deviation[i]; });
  examples::show(table, figure, arguments);
  const bool exact = (b - certified).cwiseQuotient(certified).norm() <= 1e-9,
             close = (deviation - deviations).cwiseQuotient(deviations).norm() <= 1e-2;
  return right && exact && close ? 0 : 1;
}
