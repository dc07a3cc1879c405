// Logistic regression with many parameters, for hyperparameter_tuning and influence.
#pragma once

#include <unroll/compare/dataset.hpp>
#include <unroll/unroll.hpp>

namespace examples {

using unroll::Index;
using unroll::Matrix;
using unroll::Vector;

/// Rows −y_i a_i of a two-valued data set, standardised: all that logistic regression needs.
struct SignedRows {
  Matrix features;  // a_i, m×n
  Vector labels;    // ±1, m
  Matrix rows() const { return -(labels.asDiagonal() * features); }
  /// Those i with i mod 3 = 0, or those without.
  SignedRows third(bool inside) const {
    std::vector<Index> chosen;
    for (Index i = 0; i < labels.size(); ++i)
      if ((i % 3 == 0) == inside) chosen.push_back(i);
    return {features(chosen, Eigen::all), labels(chosen)};
  }
};

inline SignedRows load(const std::string& path) {
  const unroll::Dataset data = unroll::standardise(unroll::select_target(unroll::read_csv(path))).data;
  return {data.values, unroll::plus_minus_labels(data.target)};
}

/// λ_max(AᵀA)/(4m): the largest eigenvalue that the mean logistic loss can have.
inline double loss_curvature(const Matrix& rows) {
  return unroll::spectrum(rows.transpose() * rows / (4.0 * static_cast<double>(rows.rows()))).largest;
}

/// Lip H of the mean logistic loss: max‖a_i‖ λ_max(AᵀA)/(6√3 m).
inline double loss_hessian_lipschitz(const Matrix& rows) {
  return 4 * loss_curvature(rows) * rows.rowwise().norm().maxCoeff() / (6 * std::sqrt(3.0));
}

/// The mean logistic loss of x over rows −y_i a_i.
struct LogisticLoss {
  Matrix rows;  // m×n
  template <class V>
  auto operator()(const V& x, const V&) const {
    const V z = rows * x;
    return unroll::mean(unroll::softplus(z));
  }
};

/// One penalty per feature, θ_j = log λ_j: f(x, θ) = mean loss + Σ_j exp(θ_j) x_j²/2.
struct PenalisedLoss {
  LogisticLoss loss;
  double hessian_lipschitz = loss_hessian_lipschitz(loss.rows);
  /// What bounds rest on: ∂²f/∂x∂θ is diag(exp(θ_j) x_j).
  std::optional<unroll::Curvature> curvature(const Vector& theta) const {
    return unroll::Curvature{std::exp(theta.minCoeff()), hessian_lipschitz, std::exp(theta.maxCoeff())};
  }
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const V squares = unroll::square(x), penalties = unroll::exp(theta);
    return loss(x, theta) + 0.5 * unroll::dot(penalties, squares);
  }
};

/// One weight per row, 1 as a rule: f(x, θ) = Σ_i θ_i log(1 + exp(−y_i a_iᵀx))/m + λ‖x‖²/2.
struct WeightedLoss {
  Matrix rows;  // m×n
  double penalty;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    const V z = rows * x;
    const V losses = unroll::softplus(z);
    return (1.0 / static_cast<double>(rows.rows())) * unroll::dot(theta, losses) +
           0.5 * penalty * unroll::squared_norm(x);
  }
};

/// A prediction: the log-odds aᵀx.
struct LogOdds {
  Vector features;  // n
  template <class V>
  auto operator()(const V& x, const V&) const {
    return unroll::dot(features, x);
  }
};

}  // namespace examples
