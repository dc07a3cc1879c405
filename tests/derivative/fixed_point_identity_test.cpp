// What a corrected pullback of a fixed point misses, by its residual, on maps whose slopes are written out.
#include <doctest/doctest.h>

#include <Eigen/LU>

#include "derivative/cases.hpp"
#include "derivative/fixed_point_maps.hpp"
#include "derivative/run/steps.hpp"
#include "unroll/derivative/jacobian.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/no_objective.hpp"
#include "unroll/problem/prox_terms.hpp"
#include "unroll/solver/proximal_gradient.hpp"

namespace unroll::fixed_point_identity {
namespace {

using test::HalfMeanSquare;
using test::Momentum;
using test::TanhMap;

/// ∂_sΦ and ∂_θΦ of a step, its whole state stacked, x first.
struct Slopes {
  Matrix A, B;  // N×N, N×p
};

/// What a corrected pullback u = Bᵀv, by whatever v, is from that of the map's fixed point as it is at x_T:
///   Bᵀ(v* − v) = Bᵀ(I − Aᵀ)⁻¹ρ,  ρ = w − v + Aᵀv.
template <class S, class At>
void check_identity(const Problem& problem, const S& solver, const Vector& x0, const Vector& theta,
                    const At& slopes_at, double smallest_gap) {
  const Vector w = Vector::LinSpaced(x0.size(), -1, 2);
  for (const Index steps : {1, 2, 5, 12, 30, 60}) {
    CAPTURE(steps);
    const SolveOptions options{.steps = steps};
    const auto run = linearise(problem, solver, x0, theta, options, Reverse{.corrected = true});
    const Vector u = run->pull(Matrix(w)).theta;
    REQUIRE(run->adjoint() != nullptr);
    const Vector v = run->adjoint()->lambda;
    const Slopes map = slopes_at(Vector(run->steps().record.x));
    const Matrix transposed = Matrix::Identity(v.size(), v.size()) - map.A.transpose();
    Vector rho = -transposed * v;
    rho.head(w.size()) += w;
    const Vector rest = map.B.transpose() * transposed.lu().solve(rho);
    const Vector solved =
        vjp(problem, solver, x0, theta, w, options, Implicit{.equation = Equation::fixed_point}).dtheta;
    CHECK((u - map.B.transpose() * v).norm() <= 1e-12 * u.norm());
    CHECK((solved - u - rest).norm() <= 1e-12 * (1 + solved.norm()));
    if (steps == 5) CHECK(rest.norm() > smallest_gap * u.norm());  // else it says nothing
    const Certificate c =
        vjp(problem, solver, x0, theta, w, options, Reverse{.corrected = true, .certify = Certify::always})
            .certificate;
    REQUIRE(c.residual);
    CHECK(std::abs(*c.residual - rho.norm()) <= 1e-12 * (w.norm() + v.norm()));
  }
}

TEST_CASE("a corrected pullback misses that of the fixed point by what its residual says, at every t") {
  const Index n = 6;
  test::Random random(17);
  const Matrix A = random.matrix(n, n), B = random.matrix(n, 2), I = Matrix::Identity(n, n);
  const Vector theta = random.vector(2), x0 = random.vector(n);
  const TanhMap tanh_map{A * (1.8 / A.norm()), B};  // not symmetric
  check_identity(
      NoObjective(n, 2), tanh_map, x0, theta,
      [&](const Vector& x) {
        const Vector y = (tanh_map.A * x).array().tanh();
        return Slopes{0.5 * Vector(1 - y.array().square()).asDiagonal() * tanh_map.A, B};
      },
      1e-4);

  const Momentum momentum{A.transpose() * A / A.squaredNorm() + 0.1 * I, B};  // two blocks
  check_identity(
      NoObjective(n, 2), momentum, x0, theta,
      [&](const Vector& x) {
        const Matrix of_x = -0.3 * (momentum.H + 0.2 * theta[0] * theta[0] * I);
        Slopes map{Matrix(2 * n, 2 * n), Matrix(2 * n, 2)};
        map.A << I + of_x, 0.6 * I, of_x, 0.6 * I;
        Matrix of_theta = 0.3 * B;
        of_theta.col(0) -= 0.3 * 0.4 * theta[0] * x;
        map.B << of_theta, of_theta;
        return map;
      },
      1e-2);

  const Dataset data = test::standardised_data("auto_mpg");
  const Matrix gram = data.values.transpose() * data.values / static_cast<double>(data.values.rows());
  const double h = 1 / spectrum(gram).largest;
  const auto lasso = make_problem(HalfMeanSquare{data.values, centred(data.target)}, data.values.cols(), 1);
  const Vector lambda = Vector::Constant(1, 0.05), start = Vector::Zero(lasso.dimension());
  check_identity(
      lasso, ProximalGradient<L1>{h, {.weight = 1, .parameter = 0}}, start, lambda,
      [&](const Vector& x) {
        const Vector moved = x - h * lasso.gradient(x, lambda);
        const Vector passes = (moved.array().abs() > h * lambda[0]).select(Vector::Ones(x.size()), 0.0);
        return Slopes{passes.asDiagonal() * (Matrix::Identity(x.size(), x.size()) - h * gram),
                      -h * passes.cwiseProduct(Vector(moved.array().sign()))};
      },
      1e-2);
}

}  // namespace
}  // namespace unroll::fixed_point_identity
