#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include "unroll/unroll.hpp"
#include "workload.hpp"

/// Problems on which public benchmarks compare tapes, each in two styles: number by number, as a program that
/// knows no arrays, and by arrays. Beside the program on plain numbers and an adjoint written by hand.
namespace unroll::bench {

namespace {

template <class T>
using Scalars = std::vector<T>;

/// log Σ exp(x_i).
struct LogSumExp {
  Vector at = 3 * normal_vector(20'000, 1);

  template <class T>
  T of_scalars(const Scalars<T>& x) const {
    using std::exp, std::log;
    T largest = x[0];
    for (const T& entry : x)
      if (largest < entry) largest = entry;
    T sum = 0;
    for (const T& entry : x) sum += exp(entry - largest);
    return log(sum) + largest;
  }
  template <class V>
  auto of_arrays(const V& x) const {
    return log_sum_exp(x);
  }
  Matrix hand() const {
    const Vector weights = (at.array() - at.maxCoeff()).exp();
    return weights / weights.sum();
  }
};

/// ½ Σ_i (Σ_j x_j t_iʲ − sign t_i)²: a polynomial through a step.
struct Polynomial {
  Index points = 1024;
  Vector at = normal_vector(128, 2), t = Vector::LinSpaced(points, -1, 1);
  Vector step = t.array().sign();
  Matrix powers = [this] {
    Matrix all(points, at.size());
    all.col(0).setOnes();
    for (Index j = 1; j < at.size(); ++j) all.col(j) = all.col(j - 1).cwiseProduct(t);
    return all;
  }();

  template <class T>
  T of_scalars(const Scalars<T>& x) const {
    T sum = 0;
    for (Index i = 0; i < points; ++i) {
      T residual = -step[i], power = 1;
      for (const T& coefficient : x) {
        residual += coefficient * power;
        power *= t[i];
      }
      sum += residual * residual;
    }
    return 0.5 * sum;
  }
  template <class V>
  auto of_arrays(const V& x) const {
    return 0.5 * squared_norm(powers * x - step);
  }
  Matrix hand() const { return powers.transpose() * (powers * at - step); }
};

/// The last of y' = (x_0, x_1 y_0, x_2 y_1, …), y(0) = 0, at time 2, by Runge and Kutta's fourth order.
struct Chained {
  static constexpr Index n = 100, steps = 100;
  static constexpr double h = 2.0 / steps;
  Vector at = Vector::Ones(n) + 0.1 * normal_vector(n, 3);

  template <class T>
  T of_scalars(const Scalars<T>& x) const {
    Scalars<T> y(n, T(0)), k(n), sum(n), at_k(n);
    const auto slope = [&](const Scalars<T>& z) {
      k[0] = x[0];
      for (std::size_t i = 1; i < k.size(); ++i) k[i] = x[i] * z[i - 1];
    };
    for (Index s = 0; s < steps; ++s) {
      slope(y);
      sum = k;
      for (const double part : {0.5, 0.5, 1.0}) {
        for (std::size_t i = 0; i < k.size(); ++i) at_k[i] = y[i] + part * h * k[i];
        slope(at_k);
        const double weight = part < 1 ? 2 : 1;
        for (std::size_t i = 0; i < k.size(); ++i) sum[i] += weight * k[i];
      }
      for (std::size_t i = 0; i < k.size(); ++i) y[i] += h / 6 * sum[i];
    }
    return y[9];
  }
  template <class V>
  auto of_arrays(const V& x) const {
    const V first = segment(x, 0, 1), others = segment(x, 1, n - 1);
    const auto slope = [&](const V& z) {
      return concatenate(first, V(cwise_product(others, segment(z, 0, n - 1))));
    };
    V y = V(Vector(Vector::Zero(n)));
    for (Index s = 0; s < steps; ++s) {
      const V k1 = slope(y), k2 = slope(y + 0.5 * h * k1), k3 = slope(y + 0.5 * h * k2),
              k4 = slope(y + h * k3);
      y = y + h / 6 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
    }
    return y[9];
  }
};

template <class P>
Matrix gradient_of_scalars(const P& p) {
  Tape tape;
  const VarVector x = tape.input(p.at);
  Scalars<Var> entries;
  entries.reserve(static_cast<std::size_t>(x.size()));
  for (Index i = 0; i < x.size(); ++i) entries.push_back(x[i]);
  return tape.sweep(p.of_scalars(entries)).adjoint(x);
}
template <class P>
Matrix gradient_of_arrays(const P& p) {
  Tape tape;
  tape.refer_to(p);
  const VarVector x = tape.input(p.at);
  return tape.sweep(p.of_arrays(x)).adjoint(x);
}

/// Σ_i min_j ‖p_i − c_j‖²: the diagonal of its Hessian in the centres c, along (1, …, 1).
struct Centres {
  static constexpr Index points = 1000, centres = 50, d = 8;
  Matrix p = normal_matrix(d, points, 4);
  Vector at = normal_vector(d * centres, 5);

  template <class T>
  T of_scalars(const Scalars<T>& c) const {
    T cost = 0;
    for (Index i = 0; i < points; ++i) {
      T nearest = std::numeric_limits<double>::infinity();
      for (Index j = 0; j < centres; ++j) {
        T distance = 0;
        for (Index k = 0; k < d; ++k) {
          const T apart = p(k, i) - c[static_cast<std::size_t>(d * j + k)];
          distance += apart * apart;
        }
        if (distance < nearest) nearest = distance;
      }
      cost += nearest;
    }
    return cost;
  }
  template <class V>
  auto of_arrays(const V& c) const {
    const auto all = reshape(c, d, centres);
    const Vector ones = Vector::Ones(points);
    const V squares = column_sums(square(all));
    return p.squaredNorm() - sum(row_max(2.0 * (p.transpose() * all) - outer(ones, squares)));
  }
  Matrix hand() const {
    Vector diagonal = Vector::Zero(at.size());
    const Eigen::Map<const Matrix> all(at.data(), d, centres);
    for (Index i = 0; i < points; ++i) {
      Index nearest = 0;
      (all.colwise() - p.col(i)).colwise().squaredNorm().minCoeff(&nearest);
      diagonal.segment(d * nearest, d).array() += 2;
    }
    return diagonal;
  }
  Matrix curvature_of_scalars() const {
    Tape tape(1);
    const VarVector x = tape.input(at, Matrix(Matrix::Ones(at.size(), 1)));
    Scalars<Var> entries;
    for (Index i = 0; i < x.size(); ++i) entries.push_back(x[i]);
    return tape.sweep(of_scalars(entries)).adjoint(x).col(1);
  }
  Matrix curvature_of_arrays() const {
    Tape tape(1);
    tape.refer_to(*this);
    const VarVector x = tape.input(at, Matrix(Matrix::Ones(at.size(), 1)));
    return tape.sweep(of_arrays(x)).adjoint(x).col(1);
  }
};

template <class P>
double plain(const P& p) {
  return p.of_scalars(Scalars<double>(p.at.data(), p.at.data() + p.at.size()));
}

template <class P, class Scalar, class Array, class Hand>
void add(std::vector<Workload>& all, const char* name, const char* what, const P& p, const Hand& hand,
         const Scalar& by_scalars, const Array& by_arrays) {
  all.push_back({name, std::string(what) + ", scalars", [p] { return plain(*p); }, hand, by_scalars});
  all.push_back({name, "the same, arrays", [p] { return plain(*p); }, hand, by_arrays});
}
template <class P>
void add(std::vector<Workload>& all, const char* name, const char* what) {
  const auto p = std::make_shared<P>();
  std::function<Matrix()> hand;
  if constexpr (requires { p->hand(); }) hand = [p] { return p->hand(); };
  add(
      all, name, what, p, hand, [p] { return gradient_of_scalars(*p); },
      [p] { return gradient_of_arrays(*p); });
}

}  // namespace

std::vector<Workload> two_style_workloads() {
  std::vector<Workload> all;
  add<LogSumExp>(all, "G1", "log-sum-exp, n = 20000");
  add<Polynomial>(all, "G2", "polynomial, 128 coefficients, 1024 points");
  add<Chained>(all, "G3", "Runge-Kutta, n = 100, 100 steps");
  const auto p = std::make_shared<Centres>();
  add(
      all, "G4", "1000 points, 50 centres, diagonal of the Hessian", p, [p] { return p->hand(); },
      [p] { return p->curvature_of_scalars(); }, [p] { return p->curvature_of_arrays(); });
  return all;
}

}  // namespace unroll::bench
