#include <algorithm>

#include "ad/check_rule.hpp"
#include "support/function_cases.hpp"
#include "support/worst.hpp"

using namespace unroll;
using namespace unroll::test;

namespace {

// A case as one function of arrays in all worlds; a matrix goes by the enumerator.
struct OnArrays {
  const CaseOfOne& row;
  Vector operator()(const Vector& x) const { return row.vector(x); }
  VarVector operator()(const VarVector& x) const { return row.var_vector(x); }
  DualVector operator()(const DualVector& x) const { return row.dual_vector(x); }
  template <class M>
  M operator()(const M& x) const {
    return ad::elementwise(row.function, x);
  }
};
template <class Row>
struct OnScalars {
  const Row& row;
  template <class... S>
  auto operator()(const S&... x) const {
    if constexpr ((std::is_same_v<S, Var> && ...))
      return row.var(x...);
    else if constexpr ((std::is_same_v<S, Dual> && ...))
      return row.dual(x...);
    else
      return row.number(x...);
  }
};

Vector between(double low, double high, Index count) {
  return Vector::LinSpaced(count, low + 0.017 * (high - low), high - 0.013 * (high - low));
}

// Beyond the least number of the type, which is all that an underflow may be off.
double relative_error(double got, long double wanted) {
  if (wanted == 0) return std::abs(got);
  const long double off = std::abs(static_cast<long double>(got) - wanted);
  if (off <= std::numeric_limits<double>::denorm_min()) return 0;
  return static_cast<double>(off / std::abs(wanted));
}

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// f and its partial derivatives at (a, b), by both engines, of scalars and of arrays, which must agree.
struct AtTwo {
  double value, in_a, in_b;
  AtTwo(const CaseOfTwo& row, double a, double b) : value(row.number(a, b)) {
    CAPTURE(row.name);
    CAPTURE(a);
    CAPTURE(b);
    Tape tape;
    const VarVector u = tape.input(Vector::Constant(3, a)), v = tape.input(Vector::Constant(3, b));
    const Sweep of_scalars = tape.sweep(row.var(u[1], v[1]));
    in_a = of_scalars.adjoint(u)(1, 0);
    in_b = of_scalars.adjoint(v)(1, 0);
    const VarVector taped = ad::elementwise_of_two<VarVector>(row.function, "f", u, v);
    CHECK(same(taped.value()[1], value));
    const Sweep of_arrays = tape.sweep(taped, Matrix(Vector::Unit(3, 1)));
    CHECK(same(of_arrays.adjoint(u)(1, 0), in_a));
    CHECK(same(of_arrays.adjoint(v)(1, 0), in_b));
    CHECK(of_arrays.adjoint(u)(0, 0) == 0);
    CHECK(of_arrays.adjoint(v)(0, 0) == 0);
    const Dual left(a, Eigen::RowVector2d(1, 0)), right(b, Eigen::RowVector2d(0, 1)),
        dual = row.dual(left, right);
    CHECK(same(dual.value(), value));
    CHECK(same(dual.tangents()(0), in_a));
    CHECK(same(dual.tangents()(1), in_b));
  }
};

}  // namespace

TEST_CASE("every function of the list has a row of tests") {
  const auto count = [](auto function, const auto& rows) {
    return std::count_if(rows.begin(), rows.end(), [&](const auto& row) { return row.function == function; });
  };
#define UNROLL_FUNCTION(name, s, of_x, slope_of_s, bend_of_s, twist_of_s) \
  CHECK(count(ad::Function::name, cases_of_one()) == 1);
#define UNROLL_FUNCTION_OF_TWO(name, of_ab, in_a, in_b) \
  CHECK(count(ad::FunctionOfTwo::name, cases_of_two()) == 1);
#include "unroll/ad/function_list.hpp"
}

TEST_CASE("every function is differentiated twice, of vectors, matrices, one entry, none, and scalars") {
  for (const CaseOfOne& row : cases_of_one()) {
    CAPTURE(row.name);
    const OnArrays f{row};
    const Vector x = between(row.low, row.high, 5);
    check_rule(f, x);
    check_rule(f, Vector(x.head(1)));
    check_rule(f, Vector(0));
    check_rule(f, Matrix(between(row.low, row.high, 6).reshaped(2, 3)));
    check_rule([&](const auto& v) { return sum(cwise_product(f(v), f(v))); }, Vector(x.head(3)));
    check_rule(
        [&](const auto& v) {
          using S = scalar_t<std::remove_cvref_t<decltype(v)>>;
          const OnScalars<CaseOfOne> g{row};
          return S(g(S(v[0])) * v[1] + g(S(v[0])));
        },
        Vector(x.head(2)));
  }
}

TEST_CASE("a function of more entries than a strip, or of a combination, is differentiated twice") {
  check_rule([](const auto& v) { return sum(softplus(v)); }, point(600));
  const Vector a = point(4, 1), b = point(4, 2);
  check_rule([&](const auto& v) { return sin(2.0 * v - b); }, a);
}

TEST_CASE("values and slopes are exact to rounding as far as the type reaches, alone and in packets") {
  for (const CaseOfOne& row : cases_of_one()) {
    std::vector<double> points = row.far;
    for (const double x : between(row.low, row.high, 23)) points.push_back(x);
    const Vector x = Eigen::Map<const Vector>(points.data(), static_cast<Index>(points.size()));
    const Vector together = row.vector(x);
    Tape tape;
    const VarVector taped = tape.input(x);
    const Matrix slopes = tape.sweep(row.var_vector(taped), Matrix(Vector::Ones(x.size()))).adjoint(taped);
    for (Index i = 0; i < x.size(); ++i) {
      CAPTURE(row.name);
      CAPTURE(x[i]);
      const bool has_zero =
          row.name == "digamma" || row.name == "lgamma";  // near which the error is absolute
      const long double value = row.value(x[i]), slope = row.slope(x[i]);
      const double scale = has_zero ? std::min(1.0, static_cast<double>(std::abs(value))) : 1.0;
      CHECK(scale * relative_error(row.number(x[i]), value) <= 2e-15);
      CHECK(scale * relative_error(together[i], value) <= 2e-15);
      const Dual dual = row.dual(Dual(x[i], Eigen::RowVectorXd::Ones(1)));
      const double reach = row.name == "lgamma" ? std::min(1.0, static_cast<double>(std::abs(slope))) : 1.0;
      CHECK(reach * relative_error(dual.tangents()(0), slope) <= 4e-15);
      CHECK(reach * relative_error(slopes(i, 0), slope) <= 4e-15);
    }
  }
}

TEST_CASE(
    "at a kink the slope is the one that is stated, in both engines, and adds nothing to what is not used") {
  for (const CaseOfOne& row : cases_of_one())
    for (const Kink& kink : row.kinks) {
      CAPTURE(row.name);
      CAPTURE(kink.at);
      const Vector x = Vector::Constant(1, kink.at);
      const auto slope = [&](double weight) {
        return gradient([&](const VarVector& v) { return weight * sum(row.var_vector(v)); }, x)[0];
      };
      CHECK(same(slope(1.0), kink.slope));
      CHECK(slope(0.0) == 0);
      CHECK(same(row.dual_vector(DualVector(x, Matrix::Ones(1, 1))).tangents()(0, 0), kink.slope));
      CHECK(row.dual_vector(DualVector(x, Matrix::Zero(1, 1))).tangents()(0, 0) == 0);
      CHECK(same(gradient([&](const VarVector& v) { return row.var(v[0]); }, x)[0], kink.slope));
      CHECK(gradient([&](const VarVector& v) { return Var(0.0 * row.var(v[0])); }, x)[0] == 0);
      CHECK(same(row.dual(Dual(kink.at, Eigen::RowVectorXd::Ones(1))).tangents()(0), kink.slope));
    }
}

TEST_CASE("every function passes a NaN on, wherever it stands") {
  for (const CaseOfOne& row : cases_of_one())
    for (Index place = 0; place < 5; ++place) {
      CAPTURE(row.name);
      Vector x = Vector::Constant(5, 0.5 * (row.low + row.high));
      x[place] = std::numeric_limits<double>::quiet_NaN();
      const Vector y = row.vector(x);
      CHECK(std::isnan(y[place]));
      CHECK(std::isfinite(y[(place + 1) % 5]));
      CHECK(std::isnan(row.number(x[place])));
    }
}

TEST_CASE("every function of two is differentiated twice in either, of arrays, scalars, and one of each") {
  const Vector a{{0.4, 1.7, 0.9}}, b{{1.2, 0.6, 1.4}};
  const Matrix one = Matrix::Constant(1, 1, 0.8);
  for (const CaseOfTwo& row : cases_of_two()) {
    CAPTURE(row.name);
    const auto on = [&](const auto& u, const auto& v) {
      using R = ad::common_array_t<std::remove_cvref_t<decltype(u)>, std::remove_cvref_t<decltype(v)>>;
      return ad::elementwise_of_two<R>(row.function, "f", u, v);
    };
    check_rule(on, a, b);
    check_rule(on, Vector(0), Vector(0));
    check_rule([&](const auto& u) { return on(u, u); }, a);
    check_rule(on, Matrix(b.transpose()), Matrix(a.transpose()));
    check_rule(
        [&](const auto& u) {
          return ad::elementwise_of_two<std::remove_cvref_t<decltype(u)>>(row.function, "f", u, u[1] * u[0]);
        },
        a);
    const OnScalars<CaseOfTwo> g{row};
    check_rule(
        [&](const auto& v) {
          using S = scalar_t<std::remove_cvref_t<decltype(v)>>;
          return S(g(S(v[0]), S(v[1])) * g(S(v[1]), S(v[0])) + g(S(v[2]), S(1.1)) + g(S(0.7), S(v[2])));
        },
        a);
  }
}

TEST_CASE("values and partial derivatives of two are exact to rounding as far as the type reaches") {
  for (const CaseOfTwo& row : cases_of_two()) {
    std::vector<std::pair<double, double>> points = row.far;
    for (const double a : between(0.1, 3.0, 5))
      for (const double b : between(0.15, 2.5, 5)) points.emplace_back(a, b);
    for (const auto& at : points) {
      const double a = at.first, b = at.second;
      CAPTURE(row.name);
      CAPTURE(a);
      CAPTURE(b);
      const AtTwo got(row, a, b);
      CHECK(relative_error(got.value, row.value(a, b)) <= 2e-15);
      CHECK(relative_error(got.in_a, row.in_a(a, b)) <= 4e-15);
      CHECK(relative_error(got.in_b, row.in_b(a, b)) <= 4e-15);
    }
  }
}

TEST_CASE("at a kink the partial derivatives are those that are stated") {
  for (const CaseOfTwo& row : cases_of_two())
    for (const KinkOfTwo& kink : row.kinks) {
      CAPTURE(row.name);
      CAPTURE(kink.a);
      CAPTURE(kink.b);
      const AtTwo got(row, kink.a, kink.b);
      CHECK(same(got.in_a, kink.in_a));
      CHECK(same(got.in_b, kink.in_b));
    }
}

TEST_CASE("the digamma function takes no steps from far below 0, and knows its poles") {
  const auto derivatives = [](double x) {
    const Vector at{{x}}, one{{1.0}};
    const auto f = [](const auto& v) { return digamma(v[0]); };
    return Vector{{digamma(x), gradient(f, at)[0], hessian_vector_product(f, at, one)[0],
                   third_derivative_product(f, at, one, one)[0]}};
  };
  const double pi = std::acos(-1.0);
  const Vector far = derivatives(-1e10 + 0.5);  // as at 1e10 + 0.5, and what πcot πx has
  CHECK(far[0] == doctest::Approx(std::log(1e10)).epsilon(1e-14));
  CHECK(far[1] == doctest::Approx(pi * pi - 1e-10).epsilon(1e-14));
  CHECK(std::abs(far[2]) <= 1e-12);
  CHECK(far[3] == doctest::Approx(2 * std::pow(pi, 4)).epsilon(1e-14));
  for (const double x : {-0.3, -4.7}) {  // by the recurrence ψ(x) = ψ(x + 1) − 1/x
    const Vector here = derivatives(x), above = derivatives(x + 1);
    const Vector step{{-1 / x, 1 / (x * x), -2 / (x * x * x), 6 / (x * x * x * x)}};
    CHECK(test::largest((here - above - step).cwiseAbs()) <= 4e-14 * here.norm());
  }
  CHECK(std::isinf(lgamma(-2.0)));
  CHECK(std::isnan(digamma(-2.0)));
}

TEST_CASE("arrays meet numbers and scalars in functions of two by their names") {
  const Vector x = point(4);
  check_rule([](const auto& v) { return max(v, 0.1); }, x);
  check_rule([](const auto& v) { return min(v[0] * v[1], v); }, x);
  check_rule([](const auto& v) { return pow(square(v), v[2]); }, x);
  check_rule([](const auto& v) { return huber(v, 0.5); }, x);
  check_rule([&](const auto& v) { return atan2(x, v) + hypot(v, 1); }, point(4, 3));
  CHECK(max(2.0, 3) == 3.0);
  CHECK(pow(2, 3) == 8.0);
}

TEST_CASE("powers are exact at base and exponent 0, to second order") {
  const auto hessian = [](double a, double b) {
    return hessian_vector_product([](const auto& v) { return pow(v[0], v[1]); }, Vector{{a, b}},
                                  Matrix(Matrix::Identity(2, 2)));
  };
  const double l = std::log(2.0);
  CHECK(hessian(2, 0).isApprox(Matrix{{0.0, 0.5}, {0.5, l * l}}, 1e-15));
  CHECK(hessian(1, 0).isApprox(Matrix{{0.0, 1.0}, {1.0, 0.0}}, 1e-15));
  for (const double exponent : {-1.5, 0.0, 0.5, 1.0, 2.0, 3.0})
    check_rule([exponent](const auto& v) { return pow(v, exponent); }, positive_point(5));
  const Vector zero = Vector::Zero(1), one = Vector::Ones(1);
  const auto at_zero = [&](double exponent) {
    return hessian_vector_product([exponent](const auto& v) { return pow(v[0], exponent); }, zero, one)[0];
  };
  CHECK(at_zero(0) == 0);
  CHECK(at_zero(1) == 0);
  CHECK(at_zero(2) == 2);
  CHECK(at_zero(3) == 0);
  const auto cusp = [](const auto& v) { return sum(pow(abs(v), 1.5)); };
  CHECK(hessian_vector_product(cusp, zero, one)[0] == 0);
}
