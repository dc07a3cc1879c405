#include "problem/lanczos.hpp"

#include <Spectra/SymEigsSolver.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "unroll/error.hpp"

namespace unroll::detail {
namespace {

/// H as Spectra wants it.
struct Operator {
  using Scalar = double;
  Index n;
  const std::function<Vector(const Vector&)>& apply;

  Index rows() const { return n; }
  Index cols() const { return n; }
  void perform_op(const double* in, double* out) const {
    Eigen::Map<Vector>(out, n) = apply(Eigen::Map<const Vector>(in, n));
  }
};

/// Spectra gives eigenvalues only where they converged; here the ends of what there is are wanted too.
class Lanczos : public Spectra::SymEigsSolver<Operator> {
 public:
  using Spectra::SymEigsSolver<Operator>::SymEigsSolver;
  using Index = unroll::Index;  // Spectra's are private
  using Vector = unroll::Vector;

  EndsOfSpectrum ends() const {
    const Spectra::TridiagEigen<double> ritz(m_fac.matrix_H());
    Index smallest = 0, largest = 0;
    ritz.eigenvalues().minCoeff(&smallest);
    ritz.eigenvalues().maxCoeff(&largest);
    const auto vector = [&](Index i) {
      return Vector((m_fac.matrix_V() * ritz.eigenvectors().col(i)).normalized());
    };
    return {ritz.eigenvalues()[smallest], ritz.eigenvalues()[largest], vector(smallest), vector(largest)};
  }
};

}  // namespace

EndsOfSpectrum lanczos(const std::function<Vector(const Vector&)>& apply, Index n, double tolerance,
                       Index most_products) {
  constexpr Index wanted = 2, largest_basis = 100;
  const Index basis = std::clamp(std::min(n, most_products), wanted + 1, std::min(n, largest_basis));
  const Index restarts = std::max<Index>(0, (most_products - basis) / std::max<Index>(1, basis - wanted));
  Operator H{n, apply};
  try {
    Lanczos solver(H, wanted, basis);
    solver.init();
    solver.compute(Spectra::SortRule::BothEnds, restarts, tolerance);
    return solver.ends();
  } catch (const Error&) {  // of a product
    throw;
  } catch (const std::exception& error) {  // Spectra's own
    throw NumericalError(fmt::format("estimate_spectrum: {}", error.what()));
  }
}

}  // namespace unroll::detail
