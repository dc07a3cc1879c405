#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "unroll/types.hpp"

/// Numbers x + x_u ε + x_v ε' + x_uv ε ε', ε² = ε'² = 0, in long double: a value, its derivatives along two
/// directions u and v, and the second one along both. And arrays of them.
namespace unroll::fuzz {

struct Hyper {
  long double x = 0, u = 0, v = 0, uv = 0;
};
/// f(x), given f, f′ and f″ there.
inline Hyper compose(const Hyper& x, long double f, long double slope, long double bend) {
  return {f, slope * x.u, slope * x.v, slope * x.uv + bend * x.u * x.v};
}
inline Hyper operator+(const Hyper& a, const Hyper& b) {
  return {a.x + b.x, a.u + b.u, a.v + b.v, a.uv + b.uv};
}
inline Hyper operator*(const Hyper& a, const Hyper& b) {
  return {a.x * b.x, a.u * b.x + a.x * b.u, a.v * b.x + a.x * b.v,
          a.uv * b.x + a.u * b.v + a.v * b.u + a.x * b.uv};
}
inline Hyper operator*(long double c, const Hyper& a) { return {c * a.x, c * a.u, c * a.v, c * a.uv}; }
inline Hyper operator-(const Hyper& a, const Hyper& b) { return a + -1.0L * b; }
inline Hyper inverse(const Hyper& a) { return compose(a, 1 / a.x, -1 / (a.x * a.x), 2 / (a.x * a.x * a.x)); }
inline Hyper operator/(const Hyper& a, const Hyper& b) { return a * inverse(b); }
inline Hyper exp(const Hyper& a) {
  const long double y = std::exp(a.x);
  return compose(a, y, y, y);
}
inline Hyper log(const Hyper& a) { return compose(a, std::log(a.x), 1 / a.x, -1 / (a.x * a.x)); }
inline Hyper square(const Hyper& a) { return a * a; }
inline Hyper sqrt(const Hyper& a) {
  const long double y = std::sqrt(a.x);
  return compose(a, y, 0.5L / y, -0.25L / (y * a.x));
}
inline Hyper tanh(const Hyper& a) {
  const long double y = std::tanh(a.x), slope = 1 / (std::cosh(a.x) * std::cosh(a.x));
  return compose(a, y, slope, -2 * y * slope);
}
inline Hyper sin(const Hyper& a) { return compose(a, std::sin(a.x), std::cos(a.x), -std::sin(a.x)); }
inline Hyper cos(const Hyper& a) { return compose(a, std::cos(a.x), -std::sin(a.x), -std::cos(a.x)); }
/// The angle of (b, a), b > 0.
inline Hyper angle(const Hyper& a, const Hyper& b) {
  const Hyper t = a / b;
  const long double w = 1 + t.x * t.x;
  return compose(t, std::atan(t.x), 1 / w, -2 * t.x / (w * w));
}

struct HyperArray {
  Index rows = 0, cols = 1;
  std::vector<Hyper> entries;
  HyperArray() = default;
  HyperArray(Index r, Index c) : rows(r), cols(c), entries(static_cast<std::size_t>(r * c)) {}
  explicit HyperArray(const Matrix& x) : HyperArray(x.rows(), x.cols()) {
    for (Index i = 0; i < x.size(); ++i) (*this)[i].x = x(i);
  }
  Index size() const { return rows * cols; }
  Hyper& operator[](Index i) { return entries[static_cast<std::size_t>(i)]; }
  const Hyper& operator[](Index i) const { return entries[static_cast<std::size_t>(i)]; }
  Hyper& operator()(Index i, Index j) { return (*this)[i + j * rows]; }
  const Hyper& operator()(Index i, Index j) const { return (*this)[i + j * rows]; }
};

/// The array with these entries: f(i), or f(i, j).
template <class F>
HyperArray filled(Index rows, const F& f) {
  HyperArray y(rows, 1);
  for (Index i = 0; i < rows; ++i) y[i] = f(i);
  return y;
}
template <class F>
HyperArray filled(Index rows, Index cols, const F& f) {
  HyperArray y(rows, cols);
  for (Index j = 0; j < cols; ++j)
    for (Index i = 0; i < rows; ++i) y(i, j) = f(i, j);
  return y;
}
template <class F>
Hyper summed(Index count, const F& f) {
  Hyper y;
  for (Index i = 0; i < count; ++i) y = y + f(i);
  return y;
}
inline HyperArray times(const HyperArray& a, const HyperArray& b) {
  return filled(a.rows, b.cols,
                [&](Index i, Index j) { return summed(a.cols, [&](Index k) { return a(i, k) * b(k, j); }); });
}
/// A⁻¹ B by elimination, and det A.
inline std::pair<HyperArray, Hyper> eliminated(HyperArray a, HyperArray b) {
  Hyper determinant{1};
  for (Index k = 0; k < a.rows; ++k) {
    Index pivot = k;
    for (Index i = k; i < a.rows; ++i)
      if (std::abs(a(i, k).x) > std::abs(a(pivot, k).x)) pivot = i;
    if (pivot != k) determinant = -1.0L * determinant;
    for (Index j = 0; j < a.cols; ++j) std::swap(a(k, j), a(pivot, j));
    for (Index j = 0; j < b.cols; ++j) std::swap(b(k, j), b(pivot, j));
    determinant = determinant * a(k, k);
    for (Index i = 0; i < a.rows; ++i) {
      if (i == k) continue;
      const Hyper factor = a(i, k) / a(k, k);
      for (Index j = 0; j < a.cols; ++j) a(i, j) = a(i, j) - factor * a(k, j);
      for (Index j = 0; j < b.cols; ++j) b(i, j) = b(i, j) - factor * b(k, j);
    }
  }
  for (Index i = 0; i < a.rows; ++i)
    for (Index j = 0; j < b.cols; ++j) b(i, j) = b(i, j) / a(i, i);
  return {b, determinant};
}

}  // namespace unroll::fuzz
