#include "unroll/problem/spectrum.hpp"

#include <fmt/core.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

#include "problem/lanczos.hpp"
#include "unroll/error.hpp"

namespace unroll {

Spectrum spectrum(const Matrix& H) {
  if (H.rows() != H.cols() || H.size() == 0) {
    throw ShapeError(
        fmt::format("spectrum: H is {}x{}, it must be square and not empty", H.rows(), H.cols()));
  }
  if (!H.allFinite()) throw DomainError("spectrum: H has an entry that is not finite");
  const double asymmetry = (H - H.transpose()).norm(), scale = H.norm();
  if (asymmetry > 1e-10 * scale) {
    throw DomainError(
        fmt::format("spectrum: H is not symmetric, ‖H − Hᵀ‖ = {:.3g} for ‖H‖ = {:.3g}", asymmetry, scale));
  }
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(H, Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success)
    throw NumericalError("spectrum: the eigenvalue iteration did not converge");
  return {solver.eigenvalues()[0], solver.eigenvalues()[H.rows() - 1]};
}

namespace {

void check(const SpectrumOptions& options) {
  const auto positive = [](double value, const char* name) {
    if (!(value > 0)) throw DomainError(fmt::format("estimate_spectrum: {} is {}", name, value));
  };
  positive(options.largest_accuracy, "largest_accuracy");
  positive(options.smallest_accuracy, "smallest_accuracy");
  positive(static_cast<double>(options.most_products), "most_products");
}

/// What the caller should know of the numbers, or nothing.
std::string warning(const SpectrumEstimate& e, const SpectrumOptions& options) {
  std::string text;
  const auto add = [&](const std::string& sentence) { text += (text.empty() ? "" : "; ") + sentence; };
  const auto judge = [&](const char* name, double value, double error, double accuracy) {
    if (!(error <= accuracy * std::abs(value))) {
      add(fmt::format("{} = {:.4g} is known to {:.2g} only, after {} Hessian-vector products", name, value,
                      error, e.cost.hessian_vector_products));
    }
  };
  if (!(e.spectrum.smallest > 0))
    add(fmt::format("the smallest eigenvalue is {:.4g}: f is not strongly convex at x", e.spectrum.smallest));
  else
    judge("the smallest eigenvalue", e.spectrum.smallest, e.smallest_error, options.smallest_accuracy);
  judge("the largest eigenvalue", e.spectrum.largest, e.largest_error, options.largest_accuracy);
  return text;
}

SpectrumEstimate by_decomposition(const Problem& problem, const Vector& x, const Vector& theta) {
  const Matrix H = problem.hessian(x, theta);
  if (!H.allFinite()) throw NumericalError("estimate_spectrum: the Hessian is not finite");
  const Spectrum s = spectrum((H + H.transpose()) / 2);
  const double error = static_cast<double>(H.rows()) * std::numeric_limits<double>::epsilon() *
                       std::max(std::abs(s.smallest), std::abs(s.largest));
  return {s, error, error, {.hessian_vector_products = H.cols()}, {}};
}

SpectrumEstimate by_lanczos(const Problem& problem, const Vector& x, const Vector& theta,
                            const SpectrumOptions& options) {
  SpectrumEstimate result{};
  const Matrix still = Matrix::Zero(theta.size(), 1);
  const auto apply = [&](const Vector& v) {
    ++result.cost.hessian_vector_products;
    Vector Hv = checked_second_order(problem, x, theta, v, still).dx.col(0);
    if (!Hv.allFinite()) throw NumericalError("estimate_spectrum: a Hessian-vector product is not finite");
    return Hv;
  };
  // Lanczos's own measure of convergence is one for both ends, relative to the eigenvalue.
  const double tolerance = std::min(options.smallest_accuracy, options.largest_accuracy) / 2;
  const detail::EndsOfSpectrum ends =
      detail::lanczos(apply, problem.dimension(), tolerance, options.most_products);
  result.spectrum = {ends.smallest, ends.largest};
  result.smallest_error = (apply(ends.smallest_vector) - ends.smallest * ends.smallest_vector).norm();
  result.largest_error = (apply(ends.largest_vector) - ends.largest * ends.largest_vector).norm();
  return result;
}

}  // namespace

SpectrumEstimate estimate_spectrum(const Problem& problem, const Vector& x, const Vector& theta,
                                   const SpectrumOptions& options) {
  check_sizes(problem, x.size(), theta.size(), "estimate_spectrum");
  problem.check_domain(theta);
  check(options);
  constexpr Index least_for_lanczos = 4;
  const bool dense = x.size() <= std::max(options.dense_up_to, least_for_lanczos);
  SpectrumEstimate result =
      dense ? by_decomposition(problem, x, theta) : by_lanczos(problem, x, theta, options);
  result.warning = warning(result, options);
  return result;
}

}  // namespace unroll
