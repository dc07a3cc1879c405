#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "support/worst.hpp"
#include "unroll/ad/dual.hpp"
#include "unroll/ad/tape.hpp"

using namespace unroll;

namespace {

using Row = Eigen::RowVectorXd;

/// By the book: a cotangent that is 0 adds nothing.
double chained(double slope, double tangent) { return tangent == 0 ? 0 : slope * tangent; }

Row by_the_book(double in_a, const Row& a, double in_b, const Row& b) {
  Row t(std::max(a.size(), b.size()));
  for (Index j = 0; j < t.size(); ++j)
    t[j] = chained(in_a, j < a.size() ? a[j] : 0) + chained(in_b, j < b.size() ? b[j] : 0);
  return t;
}

bool same_number(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }
bool same_tangents(const Row& a, const Row& b) {
  return a.size() == b.size() && ((a - b).array().abs() <= 1e-14 * b.array().abs() ||
                                  a.array() == b.array() || (a.array().isNaN() && b.array().isNaN()))
                                     .all();
}

/// `as_new(a, b)`, and `in_place(a, b)`, which changes a, of a Dual and whatever stands beside it.
template <class New, class InPlace, class B>
void check(const Dual& a, const B& b, double y, const Row& tangents, const New& as_new,
           const InPlace& in_place) {
  const Dual made = as_new(a, b);
  CHECK((same_number(made.value(), y) && same_tangents(made.tangents(), tangents)));
  Dual changed = a;
  in_place(changed, b);
  CHECK((same_number(changed.value(), y) && same_tangents(changed.tangents(), tangents)));
}

template <class B>
void check_arithmetic(const Dual& a, const B& b) {
  const Dual other(b);
  const double u = a.value(), v = other.value();
  const Row s = a.tangents(), t = other.tangents();
  CAPTURE(u);
  CAPTURE(v);
  CAPTURE(s);
  CAPTURE(t);
  using D = const Dual&;
  check(
      a, b, u + v, by_the_book(1, s, 1, t), [](D x, const B& z) { return x + z; },
      [](Dual& x, const B& z) { x += z; });
  check(
      a, b, u - v, by_the_book(1, s, -1, t), [](D x, const B& z) { return x - z; },
      [](Dual& x, const B& z) { x -= z; });
  check(
      a, b, u * v, by_the_book(v, s, u, t), [](D x, const B& z) { return x * z; },
      [](Dual& x, const B& z) { x *= z; });
  check(
      a, b, u / v, by_the_book(1 / v, s, -(u / v) * (1 / v), t), [](D x, const B& z) { return x / z; },
      [](Dual& x, const B& z) { x /= z; });
  check(
      a, b, v - u, by_the_book(-1, s, 1, t), [](D x, const B& z) { return z - x; },
      [](Dual& x, const B& z) { x = z - x; });
}

}  // namespace

TEST_CASE("arithmetic of dual numbers, of new ones and in place, however many tangents they have") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  for (const Index k : {1, 2, 3, 4, 5, 6, 27}) {
    CAPTURE(k);
    Row s = Row::LinSpaced(k, 2, 3), t = Row::LinSpaced(k, -1, 0.5);
    if (k > 1) s[1] = t[0] = 0;
    for (const double u : {1.5, -0.25, 0.0, inf})
      for (const double v : {0.75, -3.0, 0.0, 1e-310}) {
        const Dual a(u, s), b(v, t);
        check_arithmetic(a, b);
        check_arithmetic(a, Dual(v));
        check_arithmetic(Dual(u), b);
        check_arithmetic(a, v);
        check_arithmetic(a, static_cast<float>(2));
        check_arithmetic(a, 3);
      }
    Dual x(1.5, s);
    const Dual& itself = x;
    x *= itself;
    CHECK((x.value() == 2.25 && x.tangents() == 3 * s));
    x -= itself;
    CHECK((x.value() == 0 && x.tangents() == 0 * s));
    x += Dual(1.0, t);
    x /= itself;
    CHECK((x.value() == 1 && x.tangents() == 0 * t));
    Dual more = 2.0;  // a constant that takes tangents
    more *= Dual(3.0, t);
    more -= 1;
    CHECK((more.value() == 5 && more.tangents() == 2 * t));
  }
}

TEST_CASE("a sweep of scalars in several columns is one of each") {
  const Vector at{{0.3, -0.8, 1.1}};
  const auto f = [](const auto& x) {
    auto y = exp(x[0] * x[1]) - 2.0 * x[2] / (1.0 + x[0] * x[0]) + tanh(x[1] - x[2]) * x[2];
    return y;
  };
  const auto column = [&](const Vector& direction) {  // (gradient, H v)
    Tape tape(1);
    const VarVector x = tape.input(at, Matrix(direction));
    return Matrix(tape.sweep(Var(f(x))).adjoint(x));
  };
  for (const Index k : {1, 2, 3, 4, 5, 9}) {
    CAPTURE(k);
    const Matrix directions = Matrix::NullaryExpr(3, k, [](Index i, Index j) {
      return std::sin(1.0 + 2.0 * static_cast<double>(i) + 5.0 * static_cast<double>(j));
    });
    Tape second(k), first;
    const VarVector x = second.input(at, directions), z = first.input(at);
    const Matrix adjoint = second.sweep(Var(f(x))).adjoint(x);
    const Row seeds = Row::LinSpaced(k + 1, -1, 2);
    const Matrix scaled = first.sweep(Var(f(z)), seeds).adjoint(z);
    for (Index j = 0; j < k; ++j) {
      const Matrix expected = column(directions.col(j));
      CHECK(test::largest(adjoint.col(0) - expected.col(0)) < 1e-15);
      CHECK(test::largest(adjoint.col(1 + j) - expected.col(1)) < 1e-14);
      CHECK(test::largest(scaled.col(j) - seeds[j] * expected.col(0)) < 1e-14);
    }
  }
}
