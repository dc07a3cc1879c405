#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "unroll/ad/operators.hpp"
#include "unroll/ad/reduce.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/problem/root.hpp"

namespace unroll::test {

/// A function of Moré, Garbow & Hillstrom, ACM TOMS 7 (1981), as a system, with its number there: F(x) = θ is
/// solved, so that ∂x = F'(x)⁻¹.
struct Published {
  std::string name;
  std::shared_ptr<const Root> root;
  Vector start;
  Vector solution;                 // at θ = 0, empty where the paper gives none in closed form
  double difference_error = 1e-4;  // of differences, relative: that of a badly scaled F is large
};

template <class F>
Published published(const std::string& name, F f, const Vector& start, const Vector& solution = {}) {
  const auto shifted = [f](const auto& x, const auto& theta) {
    using V = std::decay_t<decltype(x)>;
    return V(V(f(x)) - theta);
  };
  const Index n = start.size();
  return {name, std::make_shared<const TemplateRoot<decltype(shifted)>>(shifted, n, n), start, solution};
}

template <class V>
V stacked(const std::vector<scalar_t<V>>& entries) {
  return V(assemble(entries));
}

inline std::vector<Published> published_systems() {
  using std::vector;
  vector<Published> all;
  all.push_back(published(
      "1 Rosenbrock",
      []<class V>(const V& x) {
        return stacked<V>({10 * (x[1] - x[0] * x[0]), 1 - x[0]});
      },
      Vector{{-1.2, 1.0}}, Vector{{1.0, 1.0}}));
  all.push_back(published(
      "2 Freudenstein and Roth",
      []<class V>(const V& x) {
        return stacked<V>(
            {-13 + x[0] + ((5 - x[1]) * x[1] - 2) * x[1], -29 + x[0] + ((x[1] + 1) * x[1] - 14) * x[1]});
      },
      Vector{{6.0, 3.0}}, Vector{{5.0, 4.0}}));
  all.push_back(published(
      "3 Powell, badly scaled",
      []<class V>(const V& x) {
        return stacked<V>({1e4 * x[0] * x[1] - 1, exp(-x[0]) + exp(-x[1]) - 1.0001});
      },
      Vector{{0.0, 1.0}}, Vector{{1.0981593296999e-5, 9.1061467398665}}));
  all.back().difference_error = 3e-3;
  all.push_back(published(
      "7 helical valley",
      []<class V>(const V& x) {
        constexpr double pi = 3.14159265358979323846;
        const scalar_t<V> angle = atan(x[1] / x[0]) / (2 * pi), radius = sqrt(x[0] * x[0] + x[1] * x[1]);
        return stacked<V>({10 * (x[2] - 10 * angle), 10 * (radius - 1), 1.0 * x[2]});
      },
      Vector{{0.8, 0.6, 0.2}}, Vector{{1.0, 0.0, 0.0}}));
  all.push_back(published(
      "12 box, three points",
      []<class V>(const V& x) {
        vector<scalar_t<V>> f;
        for (int i = 1; i <= 3; ++i) {
          const double t = 0.1 * i;
          f.push_back(exp(-t * x[0]) - exp(-t * x[1]) - x[2] * (std::exp(-t) - std::exp(-10 * t)));
        }
        return stacked<V>(f);
      },
      Vector{{0.9, 9.0, 1.1}}, Vector{{1.0, 10.0, 1.0}}));
  all.push_back(published(
      "21 extended Rosenbrock, n = 6",
      []<class V>(const V& x) {
        vector<scalar_t<V>> f;
        for (Index i = 0; i < 6; i += 2) {
          f.push_back(10 * (x[i + 1] - x[i] * x[i]));
          f.push_back(1 - x[i]);
        }
        return stacked<V>(f);
      },
      Vector{{-1.2, 1.0, -1.2, 1.0, -1.2, 1.0}}, Vector::Ones(6)));
  all.push_back(published(
      "26 trigonometric, n = 5",
      []<class V>(const V& x) {
        const scalar_t<V> cosines = sum(V(cos(x)));
        vector<scalar_t<V>> f;
        for (Index i = 0; i < 5; ++i)
          f.push_back(5 - cosines + static_cast<double>(i + 1) * (1 - cos(x[i])) - sin(x[i]));
        return stacked<V>(f);
      },
      Vector::Constant(5, 0.2)));
  all.push_back(published(
      "27 Brown, almost linear, n = 5",
      []<class V>(const V& x) {
        vector<scalar_t<V>> f;
        const scalar_t<V> total = sum(x);
        for (Index i = 0; i < 4; ++i) f.push_back(x[i] + total - 6);
        f.push_back(x[0] * x[1] * x[2] * x[3] * x[4] - 1);
        return stacked<V>(f);
      },
      Vector::Constant(5, 0.9)));  // of its three roots, any
  all.push_back(published(
      "28 discrete boundary value, n = 10",
      []<class V>(const V& x) {
        constexpr Index n = 10;
        const double h = 1.0 / (n + 1);
        vector<scalar_t<V>> f;
        for (Index i = 0; i < n; ++i) {
          const double t = h * static_cast<double>(i + 1);
          scalar_t<V> y = 2 * x[i] + 0.5 * h * h * pow(x[i] + (t + 1), 3);
          if (i > 0) y = y - x[i - 1];
          if (i + 1 < n) y = y - x[i + 1];
          f.push_back(y);
        }
        return stacked<V>(f);
      },
      [] {
        Vector x(10);
        for (Index i = 0; i < 10; ++i) {
          const double t = static_cast<double>(i + 1) / 11;
          x[i] = t * (t - 1);
        }
        return x;
      }()));
  all.push_back(published(
      "29 discrete integral equation, n = 8",
      []<class V>(const V& x) {
        constexpr Index n = 8;
        const double h = 1.0 / (n + 1);
        const Vector t = Vector::LinSpaced(n, h, 1 - h);
        const V cubes = cwise_product(V(x + Vector(t.array() + 1)), square(V(x + Vector(t.array() + 1))));
        Matrix kernel(n, n);
        for (Index i = 0; i < n; ++i)
          for (Index j = 0; j < n; ++j)
            kernel(i, j) = 0.5 * h * (j <= i ? (1 - t[i]) * t[j] : t[i] * (1 - t[j]));
        return V(x + V(kernel * cubes));
      },
      [] {
        const Vector t = Vector::LinSpaced(8, 1.0 / 9, 8.0 / 9);
        return Vector(t.array() * (t.array() - 1));
      }()));
  all.push_back(published(
      "30 Broyden, tridiagonal, n = 10",
      []<class V>(const V& x) {
        vector<scalar_t<V>> f;
        for (Index i = 0; i < 10; ++i) {
          scalar_t<V> y = (3 - 2 * x[i]) * x[i] + 1;
          if (i > 0) y = y - x[i - 1];
          if (i < 9) y = y - 2 * x[i + 1];
          f.push_back(y);
        }
        return stacked<V>(f);
      },
      Vector::Constant(10, -1)));
  all.push_back(published(
      "31 Broyden, banded, n = 10",
      []<class V>(const V& x) {
        vector<scalar_t<V>> f;
        for (Index i = 0; i < 10; ++i) {
          scalar_t<V> y = x[i] * (2 + 5 * x[i] * x[i]) + 1;
          for (Index j = std::max<Index>(0, i - 5); j <= std::min<Index>(9, i + 1); ++j)
            if (j != i) y = y - x[j] * (1 + x[j]);
          f.push_back(y);
        }
        return stacked<V>(f);
      },
      Vector::Constant(10, -1)));
  all.push_back(published(
      "35 Chebyquad, n = 5",
      []<class V>(const V& x) {
        V before(Vector(Vector::Ones(5))), now = 2.0 * x - Vector(Vector::Ones(5));
        const V twice = 2.0 * now;
        vector<scalar_t<V>> f;
        for (int i = 1; i <= 5; ++i) {
          f.push_back(sum(now) / 5.0 + (i % 2 == 0 ? 1.0 / (i * i - 1) : 0.0));
          const V next = cwise_product(twice, now) - before;
          before = now;
          now = next;
        }
        return stacked<V>(f);
      },
      Vector(Vector::LinSpaced(5, 1.0 / 6, 5.0 / 6))));
  return all;
}

}  // namespace unroll::test
