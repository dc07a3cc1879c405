#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

namespace {

// y = sin(x), with a pullback for second derivatives too.
struct Sine {
  static Vector value(const Vector& x) { return x.array().sin(); }
  static Vector pushforward(const Vector& x, const Vector& dx) { return x.array().cos() * dx.array(); }
  template <class V>
  static V pullback(const V& x, const V& y_bar) {
    return cwise_product(cos(x), y_bar);
  }
};

// y = A x, for vectors only.
struct MatVec {
  static Vector value(const Matrix& A, const Vector& x) { return A * x; }
  static Vector pushforward(const Matrix& A, const Vector& x, const Matrix& dA, const Vector& dx) {
    return dA * x + A * dx;
  }
  static auto pullback(const Matrix& A, const Vector& x, const Vector& y_bar) {
    return std::pair<Matrix, Vector>{y_bar * x.transpose(), A.transpose() * y_bar};
  }
};

// y = s ⟨x, x⟩, a scalar of a scalar and an array.
struct ScaledSquare {
  static double value(double s, const Vector& x) { return s * x.squaredNorm(); }
  static double pushforward(double s, const Vector& x, double ds, const Vector& dx) {
    return ds * x.squaredNorm() + 2 * s * x.dot(dx);
  }
  template <class S, class V>
  static std::pair<S, V> pullback(const S& s, const V& x, const S& y_bar) {
    return {y_bar * squared_norm(x), (2.0 * s * y_bar) * x};
  }
};

struct NoTangents {
  static Vector value(const Matrix& A, const Vector& x) { return A * x; }
  static std::pair<Matrix, Vector> pullback(const Matrix& A, const Vector& x, const Vector& y_bar) {
    return {y_bar * x.transpose(), A.transpose() * y_bar};
  }
};

struct WrongSize {
  static Vector value(const Vector& x) { return x; }
  static Vector pushforward(const Vector&, const Vector&) { return Vector(1); }
  static Vector pullback(const Vector&, const Vector&) { return Vector(1); }
};

struct Throws {
  static Vector value(const Vector& x) { return x; }
  static Vector pullback(const Vector&, const Vector&) { throw std::runtime_error("no pullback today"); }
};

}  // namespace

TEST_CASE("a primitive of one operand with a template pullback is differentiated twice") {
  const Vector x = point(4);
  check_rule([](const auto& v) { return unroll::apply<Sine>(v); }, x);
  check_rule(
      [](const auto& v) {
        using A = ad::array_t<std::remove_cvref_t<decltype(v)>>;
        return A(unroll::apply<Sine>(2.0 * v) + v);
      },
      x);
}

TEST_CASE("a primitive of two operands is differentiated in either, and in both at once") {
  const RuleOptions once{.second_order = false};
  const Matrix A = matrix_point(3, 2, 1);
  const Vector x = point(2);
  check_rule(
      once, [](const auto& a, const auto& v) { return unroll::apply<MatVec>(a, v); }, A, x);
  check_rule(
      once, [&](const auto& v) { return unroll::apply<MatVec>(A, v); }, x);
  check_rule(
      once, [&](const auto& a) { return unroll::apply<MatVec>(a, x); }, A);
}

TEST_CASE("a primitive with a scalar operand and a scalar result is differentiated twice") {
  const Vector x = point(3);
  check_rule([](const auto& v) { return unroll::apply<ScaledSquare>(v[0], v); }, x);
  check_rule([](const auto& v) { return unroll::apply<ScaledSquare>(v[0] * v[1], v) * v[2]; }, x);
  check_rule([](const auto& v) { return unroll::apply<ScaledSquare>(2.0, v); }, x);
}

TEST_CASE("a pullback that is no template refuses second derivatives, and the tape stays usable") {
  const Matrix A = matrix_point(3, 2, 1);
  Tape tape(1);
  const VarVector x = tape.input(Vector(Vector::Ones(2)), Matrix::Ones(2, 1));
  const VarVector y = unroll::apply<MatVec>(A, x);
  CHECK_THROWS_WITH_AS(tape.sweep(y, Matrix::Ones(3, 2)), doctest::Contains("template"), UnsupportedError);
  CHECK(tape.sweep(sum(x)).adjoint(x).col(0) == Vector::Ones(2));
}

TEST_CASE("a primitive without pushforward has the tangents that its pullback says") {
  const RuleOptions once{.second_order = false};
  const Matrix A = matrix_point(3, 2, 1);
  const Vector x = point(2);
  check_rule(
      once, [](const auto& a, const auto& v) { return unroll::apply<NoTangents>(a, v); }, A, x);
  check_rule(
      once, [&](const auto& a) { return unroll::apply<NoTangents>(a, x); }, A);
  CHECK(unroll::apply<NoTangents>(A, DualVector(x)).value() == A * x);
}

TEST_CASE("a primitive whose derivative has another size throws, and says how many entries were wanted") {
  Tape tape;
  const VarVector x = tape.input(Vector(Vector::Ones(3)));
  const VarVector y = unroll::apply<WrongSize>(x);
  CHECK_THROWS_WITH_AS(tape.sweep(y, Matrix::Ones(3, 1)), "apply: pullback gave 1 entries, not 3",
                       ShapeError);
  CHECK_THROWS_WITH_AS(unroll::apply<WrongSize>(DualVector(Vector(3), Matrix(3, 2))),
                       "apply: pushforward gave 1 entries, not 3", ShapeError);
}

TEST_CASE("an exception in a pullback leaves the tape, and every later sweep, as they were") {
  Tape tape;
  const VarVector x = tape.input(Vector(Vector::Ones(3)));
  const VarVector z = 2.0 * x;
  const VarVector bad = unroll::apply<Throws>(z);
  const Var good = sum(z) * sum(z);
  for (int round = 0; round < 3; ++round) {
    CHECK_THROWS_WITH_AS(tape.sweep(sum(bad) + good), "no pullback today", std::runtime_error);
    CHECK(tape.sweep(good).adjoint(x) == Matrix(Vector::Constant(3, 24.0)));
  }
  Tape other;
  const VarVector u = other.input(Vector(Vector::Ones(3)));
  CHECK(other.sweep(sum(u)).adjoint(u) == Matrix(Vector::Ones(3)));
}

namespace {

// y = s x∘x, with every function a template: third derivatives go by the pushforward.
struct TemplateScaled {
  static Vector value(double s, const Vector& x) { return s * x.array().square(); }
  template <class S, class V>
  static V pushforward(const S& s, const V& x, const S& s_dot, const V& x_dot) {
    return V(s_dot * V(square(x))) + V((2.0 * s) * V(cwise_product(x, x_dot)));
  }
  template <class S, class V>
  static std::pair<S, V> pullback(const S& s, const V& x, const V& y_bar) {
    return {dot(V(square(x)), y_bar), V((2.0 * s) * V(cwise_product(x, y_bar)))};
  }
};

}  // namespace

TEST_CASE("third derivatives by a template pushforward are those of the formula, also beside constants") {
  const Vector x{{0.4, -1.2, 0.7, 2.0}}, v{{0.3, 0.1, -0.5, 0.2}}, w{{-0.2, 0.6, 0.1, 0.4}};
  const auto formula = [](const auto& s, const auto& y) { return std::decay_t<decltype(y)>(s * square(y)); };
  const auto primitive = [](const auto& s, const auto& y) { return apply<TemplateScaled>(s, y); };
  const auto third = [&](const auto& f) {
    return Vector(third_derivative_product([&](const auto& t) { return sum(exp(f(t))); }, x, v, w));
  };
  const auto all = [&](const auto& f) {
    Matrix both(4, 2);
    both << third([&](const auto& t) { return f(t[0], t); }), third([&](const auto& t) { return f(1.5, t); });
    return both;
  };
  const Matrix expected = all(formula);
  CHECK((all(primitive) - expected).norm() <= 1e-12 * expected.norm());
  const Vector fixed{{1.0, 2.0}};
  const auto of_scalar = [&](const auto& f) {
    return third([&](const auto& t) { return f(t[1], std::decay_t<decltype(t)>(fixed)); });
  };
  CHECK((of_scalar(primitive) - of_scalar(formula)).norm() <= 1e-12 * of_scalar(formula).norm());
}
