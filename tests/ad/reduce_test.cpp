#include "ad/check_rule.hpp"
#include "support/worst.hpp"

using namespace unroll;
using namespace unroll::test;

TEST_CASE("every reduction of one array is differentiated twice") {
  const Vector x = point(5);
  SUBCASE("sum") {
    check_rule([](const auto& v) { return sum(v); }, x);
  }
  SUBCASE("mean") {
    check_rule([](const auto& v) { return mean(v); }, x);
  }
  SUBCASE("squared_norm") {
    check_rule([](const auto& v) { return squared_norm(v); }, x);
  }
  SUBCASE("norm") {
    check_rule([](const auto& v) { return norm(v); }, x);
  }
  SUBCASE("log_sum_exp") {
    check_rule([](const auto& v) { return log_sum_exp(v); }, x);
  }
  SUBCASE("max") {
    check_rule([](const auto& v) { return max(v); }, x);
  }
  SUBCASE("min") {
    check_rule([](const auto& v) { return min(v); }, x);
  }
  SUBCASE("of a matrix") {
    check_rule([](const auto& v) { return norm(v); }, matrix_point(3, 2));
  }
  SUBCASE("of one entry") {
    check_rule([](const auto& v) { return log_sum_exp(v) * norm(v); }, point(1));
  }
}

TEST_CASE("an inner product is differentiated in either operand") {
  const Vector a = point(5, 1), b = point(5, 2);
  check_rule([](const auto& u, const auto& v) { return dot(u, v); }, a, b);
  check_rule([](const auto& v) { return dot(v, v); }, a);
  check_rule([&](const auto& v) { return dot(b, v); }, a);
  check_rule([&](const auto& v) { return dot(v, b); }, a);
  check_rule([](const auto& u, const auto& v) { return dot(u, v); }, matrix_point(2, 3, 1),
             matrix_point(2, 3, 2));
}

TEST_CASE("a reduction feeds scalar and array operations again") {
  const Vector a = point(4, 1), b = point(4, 2);
  check_rule([](const auto& u, const auto& v) { return (dot(u, v) / norm(v)) * u; }, a, b);
  check_rule([](const auto& v) { return v / norm(v); }, a);
  check_rule([](const auto& v) { return v * exp(mean(v)); }, a);
}

TEST_CASE("the curvature of log-sum-exp keeps its digits where one weight is nearly all") {
  const auto f = [](const auto& x) { return log_sum_exp(x); };
  for (const double apart : {1.0, 20.0, 30.0, 40.0, 300.0}) {
    CAPTURE(apart);
    const double p = 1 / (1 + std::exp(apart)), slope = p / (1 + std::exp(-apart));
    const Matrix wanted{{slope, -slope}, {-slope, slope}};
    const Matrix h = hessian_vector_product(f, Vector{{apart, 0.0}}, Matrix::Identity(2, 2));
    CHECK(test::largest(((h - wanted).array() / wanted.array()).abs()) < 4e-15);
    const Vector third =
        third_derivative_product(f, Vector{{0.0, apart}}, Vector{{0.0, 1.0}}, Vector{{1.0, 0.0}});
    const double twist = slope * std::tanh(apart / 2);
    CHECK(std::abs(third[0] / twist + 1) < 1e-14);
    CHECK(std::abs(third[1] / twist - 1) < 1e-14);
  }
}
