#pragma once

#include <memory>
#include <string>

#include "derivative/cases.hpp"
#include "unroll/compare/instance.hpp"
#include "unroll/compare/setup.hpp"

/// The bundled data as problems of either loss.
namespace unroll::test {

/// From x_0 = `start` in every entry. For the logistic loss a target is −1 below its mean and 1 above.
inline Instance data_instance(const std::string& name, const std::string& loss, double theta, double start) {
  const Dataset data = standardised_data(name);
  const Vector target = centred(data.target),
               labels = target.unaryExpr([](double v) { return v > 0 ? 1.0 : -1.0; });
  std::shared_ptr<const Problem> problem;
  if (loss == "logistic")
    problem = std::make_shared<const LogisticProblem>(data.values, labels);
  else
    problem = std::make_shared<const RidgeProblem>(data.values, target);
  return make_instance(problem, Vector::Constant(1, theta), Vector::Constant(data.values.cols(), start));
}

/// Bounds of H's spectrum at every x: H of the logistic loss is largest at 0, and least far away, ℓ = θ.
inline Spectrum spectrum_everywhere(const Instance& i) {
  const double largest = spectrum(i.problem->hessian(Vector::Zero(i.start.size()), i.theta)).largest;
  return {i.problem->curvature(i.theta)->smallest_eigenvalue, largest};
}

}  // namespace unroll::test
