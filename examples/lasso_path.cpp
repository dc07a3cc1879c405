// The lasso along its path: FISTA for a decreasing λ, and at each how the coefficients move with λ, by
// differentiating through the solver. On the support S of x the Jacobian is −(A_SᵀA_S/m)⁻¹ sign(x_S),
// elsewhere zero.
#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <unroll/compare/dataset.hpp>
#include <unroll/compare/table.hpp>
#include <unroll/unroll.hpp>
#include <vector>

#include "gallery.hpp"

using unroll::Index;
using unroll::Matrix;
using unroll::Vector;

// The smooth part ‖Ax − y‖²/(2m). θ = (λ) enters through the prox term alone.
struct HalfMeanSquare {
  Matrix A;
  Vector y;

  template <class V>
  auto operator()(const V& x, const V&) const {
    const V residual = A * x - y;
    return 0.5 / static_cast<double>(A.rows()) * unroll::squared_norm(residual);
  }
};

std::vector<Index> support_of(const Vector& x) {
  std::vector<Index> support;
  for (Index i = 0; i < x.size(); ++i)
    if (x[i] != 0) support.push_back(i);
  return support;
}

Vector analytic_jacobian(const Matrix& gram, const Vector& x) {
  const std::vector<Index> S = support_of(x);
  Vector J = Vector::Zero(x.size());
  if (S.empty()) return J;
  const Vector signs = x(S).array().sign();
  J(S) = -unroll::solve_cholesky(Matrix(gram(S, S)), signs);
  return J;
}

int main(int argc, char** argv) {
  const examples::Arguments arguments(argc, argv, "lasso_path");
  const unroll::CsvTable csv = unroll::read_csv(UNROLL_DATA_DIR "/breast_cancer_diagnostic.csv");
  const unroll::Dataset data = unroll::standardise(unroll::select_target(csv)).data;
  const Matrix& A = data.values;
  const Index m = A.rows(), n = A.cols();
  const Matrix gram = A.transpose() * A / static_cast<double>(m);
  const auto problem = unroll::make_problem(HalfMeanSquare{A, unroll::centred(data.target)}, n, 1);
  const double L = unroll::spectrum(gram).largest;
  const unroll::Fista<unroll::L1> solver{1 / L, {.weight = 1, .parameter = 0}, true};

  // λ = ‖∇f(0)‖_∞ is the first at which x = 0; the path goes down from there, each start the last solution.
  Vector x = Vector::Zero(n);
  const double largest = problem.gradient(x, Vector::Ones(1)).lpNorm<Eigen::Infinity>();
  fmt::print("lasso on breast_cancer_diagnostic, {} rows, {} columns, lambda_max = {:.4f}\n\n", m, n,
             largest);
  unroll::Table table({"lambda/max", "steps", "active", "|x|_1", "|dx/dlambda|", "error on S", "outside S"});
  std::vector<double> errors, fractions, sizes, slopes;
  for (const double fraction : {1.0, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05}) {
    const Vector lambda = Vector::Constant(1, fraction * largest);
    const unroll::SolveOptions options{.steps = 20000, .tolerance = 1e-15};
    const unroll::Jvp d = jvp(problem, solver, x, lambda, Vector::Ones(1), options, unroll::Forward{});
    x = d.x;
    const Vector expected = analytic_jacobian(gram, x);
    const std::vector<Index> S = support_of(x);
    const double on = S.empty() ? 0 : (d.dx(S) - expected(S)).norm();
    const double outside = (d.dx - expected).norm() - on;
    fractions.push_back(fraction);
    sizes.push_back(x.lpNorm<1>());
    slopes.push_back(lambda[0] * d.dx.lpNorm<1>());
    if (fraction < 1) errors.push_back((d.dx - expected).norm() / expected.norm());
    table.add_row({fmt::format("{:.2f}", fraction), fmt::format("{}", d.steps), fmt::format("{}", S.size()),
                   fmt::format("{:.5f}", x.lpNorm<1>()), fmt::format("{:.5f}", d.dx.norm()),
                   fmt::format("{:.1e}", on), fmt::format("{:.1e}", outside)});
  }
  // With std::max a NaN could pass.
  const double worst = Eigen::Map<Vector>(errors.data(), std::ssize(errors)).maxCoeff<Eigen::PropagateNaN>();
  fmt::print("{}\nrelative error of the Jacobian, at worst: {:.1e}\n", table.str(), worst);
  auto figure =
      examples::figure("lasso_path", "The lasso along its path", "λ/λ_{max}", "in the 1-norm", 1e-3);
  figure.x_range = {{0.05, 1}};
  figure.curves = {{.label = "x", .x = fractions, .y = sizes, .style = 0},
                   {.label = "λ dx/dλ", .x = fractions, .y = slopes, .style = 1}};
  examples::draw(figure, arguments.directory);
  return worst < 1e-6 ? 0 : 1;
}
