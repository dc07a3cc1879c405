#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "support/worst.hpp"
#include "unroll/ad/along.hpp"
#include "unroll/ad/assembly.hpp"
#include "unroll/ad/gradient.hpp"
#include "unroll/ad/structure.hpp"

using namespace unroll;

namespace {
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// The derivative of f at one number by both engines, which must agree; through an array, or through its
// entry.
template <class F>
double slope(const F& f, double x) {
  const Vector at = Vector::Constant(1, x);
  const double reverse = gradient([&f](const auto& v) { return sum(f(v)); }, at)[0];
  const auto dual = f(DualVector(at, Matrix::Ones(1, 1)));
  CHECK((dual.tangents()(0, 0) == reverse || (std::isnan(reverse) && std::isnan(dual.tangents()(0, 0)))));
  return reverse;
}
template <class F>
double scalar_slope(const F& f, double x) {
  const double reverse =
      gradient([&f](const VarVector& v) { return Var(f(v[0])); }, Vector::Constant(1, x))[0];
  CHECK(f(Dual(x, Eigen::RowVectorXd::Ones(1))).tangents()(0) == reverse);
  return reverse;
}
}  // namespace

TEST_CASE("a tie belongs to the first, of two arrays, two scalars, or the entries of one") {
  Tape tape;
  const Vector x{{2.0, 1.0, 2.0}};
  const Matrix ones = Vector::Ones(3), zeros = Vector::Zero(3);
  const VarVector u = tape.input(x), v = tape.input(x);
  for (const VarVector& y : {max(u, v), min(u, v)}) {
    CHECK(tape.sweep(y, ones).adjoint(u) == ones);
    CHECK(tape.sweep(y, ones).adjoint(v) == zeros);
  }
  CHECK(tape.sweep(max(u)).adjoint(u) == Matrix(Vector{{1, 0, 0}}));
  CHECK(tape.sweep(min(-1.0 * u)).adjoint(u) == Matrix(Vector{{-1, 0, 0}}));
  const Var s = tape.input(1.0), t = tape.input(1.0);
  for (const Var& y : {Var(max(s, t)), Var(min(s, t))}) {
    CHECK(tape.sweep(y).adjoint(s)(0) == 1);
    CHECK(tape.sweep(y).adjoint(t)(0) == 0);
  }
}

TEST_CASE("sigmoid, softplus and log-sum-exp are finite, and right, for entries up to 700") {
  for (const double x : {-700.0, -40.0, 40.0, 700.0}) {
    CAPTURE(x);
    const double decay = std::exp(-std::abs(x));
    const double sigma = x < 0 ? decay : 1.0;
    const Vector v = Vector::Constant(3, x);
    CHECK(test::largest((sigmoid(v).array() / sigma - 1).abs()) <= 1e-15 + decay);
    CHECK(softplus(v)[1] == doctest::Approx(x < 0 ? decay : x).epsilon(1e-15));
    CHECK(slope([](const auto& u) { return softplus(u); }, x) == doctest::Approx(sigma).epsilon(1e-14));
    CHECK(std::isfinite(slope([](const auto& u) { return sigmoid(u); }, x)));
    CHECK(scalar_slope([](const auto& u) { return softplus(u); }, x) ==
          doctest::Approx(sigma).epsilon(1e-14));
    CHECK(log_sum_exp(v) == doctest::Approx(x + std::log(3.0)).epsilon(1e-15));
    CHECK(gradient([](const auto& u) { return log_sum_exp(u); }, v)
              .isApprox(Vector::Constant(3, 1.0 / 3), 1e-13));
    const Matrix H = hessian_vector_product([](const auto& u) { return sum(softplus(u)); }, v,
                                            Matrix(Matrix::Identity(3, 3)));
    CHECK(H.allFinite());
  }
  const Vector mixed{{-700.0, 700.0}};
  CHECK(log_sum_exp(mixed) == 700.0);
  CHECK(gradient([](const auto& u) { return log_sum_exp(u); }, mixed)[1] == 1.0);
  const Vector one_is_nothing{{-infinity, 1.0}};
  CHECK(gradient([](const auto& u) { return log_sum_exp(u); }, one_is_nothing) == Vector{{0.0, 1.0}});
  const Vector nothing = Vector::Constant(2, -infinity);
  CHECK(log_sum_exp(nothing) == -infinity);
  CHECK(gradient([](const auto& u) { return log_sum_exp(u); }, nothing) == Vector::Zero(2));
}

TEST_CASE("what nobody depends on adds nothing to second and third derivatives either") {
  const Vector at{{0.0, 4.0}};
  const auto check = [&](const auto& f, double bend, double twist) {
    const Matrix H = hessian_vector_product(f, at, Matrix(Matrix::Identity(2, 2)));
    CHECK(H(0, 0) == 0);
    CHECK(H(0, 1) == 0);
    CHECK(H(1, 1) == doctest::Approx(bend));
    const Vector unit = Vector::Unit(2, 1), third = third_derivative_product(f, at, unit, unit);
    CHECK(third[0] == 0);
    CHECK(third[1] == doctest::Approx(twist));
  };
  const auto second = [](const auto& v) { return sum(cwise_product(Vector{{0.0, 1.0}}, sqrt(v))); };
  check(second, -1.0 / 32, 3.0 / 256);
  check([](const auto& v) { return sum(gather(sqrt(v), {1})); }, -1.0 / 32, 3.0 / 256);
  check([](const auto& v) { return sum(gather(cbrt(v), {1})); }, -2.0 / 9 * std::pow(4, -5.0 / 3),
        10.0 / 27 * std::pow(4, -8.0 / 3));
}

TEST_CASE("a NaN passes through every function, wherever it stands") {
  for (Index place = 0; place < 5; ++place) {
    CAPTURE(place);
    Vector x = Vector::Constant(5, 0.5), one = Vector::Ones(5);
    x[place] = not_a_number;
    for (const Vector& y :
         {exp(x), log(x), log1p(x), expm1(x), sqrt(x), square(x), sin(x), cos(x), tanh(x), sigmoid(x),
          softplus(x), abs(x), pow(x, 2.0), max(x, one), max(one, x), min(x, one), min(one, x)}) {
      CHECK(std::isnan(y[place]));
      CHECK(std::isfinite(y[(place + 1) % 5]));
    }
    for (const double y : {sum(x), mean(x), norm(x), squared_norm(x), dot(x, one), dot(one, x),
                           log_sum_exp(x), max(x), min(x)})
      CHECK(std::isnan(y));
  }
  Tape tape;
  const Var bad = tape.input(not_a_number), one = tape.input(1.0);
  for (const Var& y : {Var(max(bad, one)), Var(max(one, bad)), Var(min(bad, one)), Var(min(one, bad)),
                       Var(sigmoid(bad)), Var(softplus(bad)), Var(abs(bad)), Var(tanh(bad))})
    CHECK(std::isnan(y.value()));
  const Dual dual(not_a_number), unit(1.0);
  CHECK(std::isnan(max(dual, unit).value()));
  CHECK(std::isnan(min(dual, unit).value()));
  CHECK(std::isnan(min(unit, dual).value()));
}

TEST_CASE("a product whose entry nobody asks for adds nothing, even beside an infinite factor") {
  const auto masked = [](const auto& t) {
    using V = std::decay_t<decltype(t)>;
    const Matrix mask = Vector{{0, 1}};
    return sum(V(where(mask, V(cwise_product(t, V(log(t)))), V(Vector(Vector::Zero(2))))));
  };
  const Vector slope = gradient(masked, Vector{{0.0, 2.0}});
  CHECK(slope[0] == 0);
  CHECK(slope[1] == doctest::Approx(std::log(2.0) + 1));
  const Vector bend = hessian_vector_product(masked, Vector{{0.0, 2.0}}, Vector{{0.0, 1.0}});
  CHECK(bend[0] == 0);
  CHECK(bend[1] == doctest::Approx(0.5));
}

TEST_CASE("nor does what an array's function does not take, beside an infinite slope: both engines agree") {
  const auto check = [](const auto& f, double at) {
    CHECK(slope([&](const auto& v) { return f(v); }, at) == 0);
    Tape tape;  // several seeds at once
    const VarVector x = tape.input(Vector{{at, 2.0}});
    const VarVector y = f(x);
    CHECK(tape.sweep(y, Matrix::Identity(2, 2)).adjoint(x).row(0).isZero(0));
  };
  check([](const auto& x) { return sqrt(relu(x)); }, -1);
  check([](const auto& x) { return sqrt(max(x, 0.0)); }, -1);
  check([](const auto& x) { return sqrt(clamp(x, 0.0, 3.0)); }, -1);
  check([](const auto& x) { return sqrt(1.0 - min(1.0, x)); }, 2);
  check([](const auto& x) { return pow(relu(x), 0.5); }, -1);
  const auto greater = [](const auto& v) { return sum(sqrt(max(segment(v, 0, 1), segment(v, 1, 1)))); };
  CHECK(gradient(greater, Vector{{0, -1}}) == Vector{{infinity, 0}});
  const auto bends = [](const auto& v) { return sum(sqrt(relu(v))) + sum(sqrt(max(v, 0.0))); };
  CHECK(hessian_vector_product(bends, Vector{{-1, 4}}, Vector{{1, 1}}) == Vector{{0, -2 * 0.25 / 8}});
}

TEST_CASE("nor does what a scalar function does not take, in one expression or in several") {
  const auto slope_of = [](const auto& f) {
    const auto both = [&](const auto& x) { return f(x[0], x[1]); };
    const Vector at{{-1.0, 2.0}};
    const Vector bend = hessian_vector_product(both, at, Vector{{1.0, 1.0}});
    CHECK(bend[0] == 0);
    CHECK(std::isfinite(bend[1]));
    Tape tape;  // several seeds at once
    const VarVector x = tape.input(at);
    const Var y = f(x[0], x[1]);
    const Matrix slopes = tape.sweep(y, Matrix{{1.0, -3.0}}).adjoint(x);
    CHECK(slopes.col(0) == gradient(both, at));
    CHECK(slopes.col(1) == -3 * slopes.col(0));
    return Vector(slopes.col(0));
  };
  const double root = 0.5 / std::sqrt(2.0);
  CHECK(slope_of([](auto x, auto y) { return sqrt(relu(x)) + sqrt(y); }) == Vector{{0, root}});
  CHECK(slope_of([](auto x, auto y) { return sqrt(max(x * y, 0.0)) + sqrt(y); }) == Vector{{0, root}});
  CHECK(slope_of([](auto x, auto y) {
          const auto positive = relu(x);
          const std::decay_t<decltype(x)> recorded = positive;  // an adjoint of its own, which is infinite
          return sqrt(recorded) + sqrt(y);
        }) == Vector{{0, root}});
  CHECK(slope_of([](auto x, auto y) {
          const std::decay_t<decltype(x)> most = max(relu(x), min(x, 0.0 * y));  // 0: of relu, or of neither
          const std::decay_t<decltype(x)> root_of_it = sqrt(most);
          return root_of_it + y;
        }) == Vector{{0, 1}});
  CHECK(slope_of([](auto x, auto y) {
          const std::decay_t<decltype(x)> clamped = clamp(x, 0.0, 3.0);
          return pow(clamped, 0.5) + clamp(y, 0.0, 3.0);
        }) == Vector{{0, 1}});
  // A later sweep finds nothing of an earlier one.
  Tape tape;
  const Var x = tape.input(-1.0);
  const Var positive = relu(x);
  CHECK(tape.sweep(Var(sqrt(positive))).adjoint(x)[0] == 0);
  CHECK(tape.sweep(Var(2.0 * positive)).adjoint(x)[0] == 0);
  CHECK(tape.sweep(Var(2.0 * positive + 3.0 * x)).adjoint(x)[0] == 3);
}

TEST_CASE("slopes and bends of functions that level off hold to the ends of the range") {
  const auto bend_of = [](const auto& f, double x) {
    return Vector(
        hessian_vector_product([&](const auto& v) { return sum(f(v)); }, Vector{{x}}, Vector{{1.0}}))[0];
  };
  for (const double x : {30.0, 1.4e154, 1e300, std::numeric_limits<double>::infinity()}) {
    CAPTURE(x);
    for (const double at : {x, -x}) {
      CHECK(gradient([](const auto& v) { return sum(erf(v)); }, Vector{{at}})[0] == 0);
      CHECK(gradient([](const auto& v) { return erfc(v[0]); }, Vector{{at}})[0] == 0);
      CHECK(bend_of([](const auto& v) { return erf(v); }, at) == 0);
      CHECK(bend_of([](const auto& v) { return erfc(v); }, at) == 0);
    }
  }
  const auto third_of = [](const auto& f, double x) {
    return Vector(third_derivative_product([&](const auto& v) { return sum(f(v)); }, Vector{{x}},
                                           Vector{{1.0}}, Vector{{1.0}}))[0];
  };
  const auto level = [&](const auto& f, double x) {
    CHECK(bend_of(f, x) == 0);
    CHECK(third_of(f, x) == 0);
  };
  for (const double x : {9.5e307, infinity}) {
    level([](const auto& v) { return atan(v); }, x);
    level([](const auto& v) { return atan(v); }, -x);
    level([](const auto& v) { return asinh(v); }, x);
    level([](const auto& v) { return asinh(v); }, -x);
    level([](const auto& v) { return acosh(v); }, x);
  }
  for (const double x : {1e3, 1e60, 1e120, 1e150}) {
    CAPTURE(x);
    CHECK(bend_of([](const auto& v) { return asinh(v); }, x) * x * x == doctest::Approx(-1).epsilon(1e-5));
    CHECK(bend_of([](const auto& v) { return acosh(v); }, x) * x * x == doctest::Approx(-1).epsilon(1e-5));
  }
}
