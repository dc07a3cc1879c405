#include "unroll/solver/gradient_descent.hpp"

namespace unroll {

GradientDescent GradientDescent::short_step(double largest_eigenvalue) {
  check_spectrum(largest_eigenvalue, largest_eigenvalue, "gradient descent, short step");
  return {.step_size = 1 / largest_eigenvalue};
}

GradientDescent GradientDescent::large_step(double smallest_eigenvalue, double largest_eigenvalue) {
  check_spectrum(smallest_eigenvalue, largest_eigenvalue, "gradient descent, large step");
  return {.step_size = 2 / (largest_eigenvalue + smallest_eigenvalue)};
}

void GradientDescent::check() const { detail::check_coefficients(coefficients(0), "gradient descent"); }

template State<Vector> GradientDescent::step(const Oracle<Vector>&, const State<Vector>&, const Vector&,
                                             Index) const;
template State<DualVector> GradientDescent::step(const Oracle<DualVector>&, const State<DualVector>&,
                                                 const DualVector&, Index) const;
template State<VarVector> GradientDescent::step(const Oracle<VarVector>&, const State<VarVector>&,
                                                const VarVector&, Index) const;

}  // namespace unroll
