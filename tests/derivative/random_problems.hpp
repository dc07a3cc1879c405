#pragma once

#include <Eigen/Cholesky>
#include <cmath>
#include <vector>

#include "unroll/ad/along.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/prox_terms.hpp"
#include "unroll/problem/spectrum.hpp"
#include "unroll/solver/proximal_gradient.hpp"
#include "unroll/solver/solve.hpp"

/// Problems whose constants are known, and their solutions.
namespace unroll::random_bounds {

/// (1/m) Σ_i log Σ_k exp(a_iᵀX_k) − a_iᵀX_{y_i} + θ‖X‖²/2, X = d×k.
struct Softmax {
  Matrix A, Y;  // rows; what they are: a single 1
  double largest = spectrum(A.transpose() * A / static_cast<double>(A.rows())).largest;  // of AᵀA/m
  template <class V>
  scalar_t<V> operator()(const V& x, const V& theta) const {
    const matrix_t<V> scores = A * matrix_t<V>(reshape(x, A.cols(), Y.cols()));
    return mean(row_log_sum_exp(scores) - row_sums(cwise_product(Y, scores))) +
           0.5 * theta[0] * squared_norm(x);
  }
  /// The third derivative of log Σ exp along a unit u is a third central moment of numbers within √2 of each
  /// other, at most √8/(6√3); of f along a unit U it is at most that times Σ_i‖Ua_i‖³/m ≤ max‖a_i‖
  /// λ_max(AᵀA/m). With another v once for u it is E[(u − Eu)(v − Ev)²], at most the spread of u, √2 max‖a_i‖
  /// of a unit U, times the second derivative along v.
  Curvature curvature(const Vector& theta) const {
    const double longest = A.rowwise().norm().maxCoeff();
    return {theta[0], std::sqrt(8.0) / (6 * std::sqrt(3.0)) * longest * largest, 1.0, false,
            std::sqrt(2.0) * longest};
  }
};

/// ‖Ax − y − θ₁c‖²/(2m) + μ‖x‖²/2, of which ℓ = μ is known; |x|₁ θ₀ is the proximal step's.
struct ElasticRows {
  Matrix A;
  Vector y, c;
  double mu;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return squared_norm(V(A * x - y - theta[1] * c)) * (0.5 / static_cast<double>(A.rows())) +
           0.5 * mu * squared_norm(x);
  }
  Curvature curvature(const Vector&) const { return {mu, 0.0, 0.0, false}; }
};

/// The solution and its Jacobian on the support that many steps find: H_SS x_S = (Aᵀ(y + θ₁c)/m)_S − θ₀ sign.
struct LassoSolution {
  Vector x;
  Matrix jacobian;
  LassoSolution(const ElasticRows& f, const Problem& problem, const Vector& theta, double L) {
    const double m = static_cast<double>(f.A.rows());
    x = solve(problem, ProximalGradient<L1>{1 / L, {.weight = 1, .parameter = 0}},
              Vector(Vector::Zero(f.A.cols())), theta, {.steps = 20000, .tolerance = 1e-14})
            .x();
    jacobian = Matrix::Zero(x.size(), 2);
    std::vector<Index> S;
    for (Index i = 0; i < x.size(); ++i)
      if (x[i] != 0) S.push_back(i);
    if (S.empty()) return;
    const Vector signs = x(S).array().sign();
    const Matrix some = f.A(Eigen::all, S);
    const Vector mixed = some.transpose() * f.c / m;
    const Matrix H = some.transpose() * some / m + f.mu * Matrix::Identity(some.cols(), some.cols());
    const Eigen::LLT<Matrix> factor(H);
    const Vector right = some.transpose() * f.y / m + theta[1] * mixed - theta[0] * signs;
    x(S) = Vector(factor.solve(right));
    jacobian(S, 0) = -Vector(factor.solve(signs));
    jacobian(S, 1) = Vector(factor.solve(mixed));
  }
};

}  // namespace unroll::random_bounds
