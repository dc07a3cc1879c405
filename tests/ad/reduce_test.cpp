#include "ad/check_rule.hpp"

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
