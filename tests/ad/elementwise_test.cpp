#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

TEST_CASE("every elementwise function of one array is differentiated twice") {
  const Vector x = point(5), positive = positive_point(5);
  SUBCASE("exp") {
    check_rule([](const auto& v) { return exp(v); }, x);
  }
  SUBCASE("log") {
    check_rule([](const auto& v) { return log(v); }, positive);
  }
  SUBCASE("log1p") {
    check_rule([](const auto& v) { return log1p(v); }, positive);
  }
  SUBCASE("expm1") {
    check_rule([](const auto& v) { return expm1(v); }, x);
  }
  SUBCASE("sqrt") {
    check_rule([](const auto& v) { return sqrt(v); }, positive);
  }
  SUBCASE("square") {
    check_rule([](const auto& v) { return square(v); }, x);
  }
  SUBCASE("sin") {
    check_rule([](const auto& v) { return sin(v); }, x);
  }
  SUBCASE("cos") {
    check_rule([](const auto& v) { return cos(v); }, x);
  }
  SUBCASE("tanh") {
    check_rule([](const auto& v) { return tanh(v); }, x);
  }
  SUBCASE("sigmoid") {
    check_rule([](const auto& v) { return sigmoid(v); }, x);
  }
  SUBCASE("softplus") {
    check_rule([](const auto& v) { return softplus(v); }, x);
  }
  SUBCASE("abs") {
    check_rule([](const auto& v) { return abs(v); }, x);
  }
  SUBCASE("pow") {
    for (const double exponent : {-1.5, 0.0, 0.5, 1.0, 2.0, 3.0})
      check_rule([exponent](const auto& v) { return pow(v, exponent); }, positive);
  }
}

TEST_CASE("an elementwise function of a matrix, and of more entries than a strip, is differentiated twice") {
  check_rule([](const auto& v) { return tanh(v); }, matrix_point(3, 4));
  const Vector x = point(600);
  check_rule([](const auto& v) { return sum(softplus(v)); }, x);
}

TEST_CASE("products and quotients by entries are differentiated in either operand") {
  const Vector a = point(4, 1), b = point(4, 2);
  check_rule([](const auto& u, const auto& v) { return cwise_product(u, v); }, a, b);
  check_rule([](const auto& u, const auto& v) { return cwise_quotient(u, v); }, a, b);
  check_rule([](const auto& v) { return cwise_product(v, v); }, a);
  check_rule([](const auto& v) { return cwise_quotient(exp(v), v); }, a);
  check_rule([&](const auto& v) { return cwise_product(v, b); }, a);
  check_rule([&](const auto& v) { return cwise_quotient(b, v); }, a);
  check_rule([](const auto& u, const auto& v) { return cwise_product(u, v); }, matrix_point(2, 3),
             matrix_point(2, 3, 4));
}

TEST_CASE("the larger and the smaller of two arrays are differentiated in either operand") {
  const Vector a = point(6, 1), b = point(6, 2);
  check_rule([](const auto& u, const auto& v) { return max(u, v); }, a, b);
  check_rule([](const auto& u, const auto& v) { return min(u, v); }, a, b);
  check_rule([&](const auto& v) { return max(b, square(v)); }, a);
}

TEST_CASE("functions apply to linear combinations and Eigen expressions as to arrays") {
  const Vector a = point(4, 1), b = point(4, 2);
  check_rule([&](const auto& v) { return sin(2.0 * v - b); }, a);
  check_rule([&](const auto& v) { return cwise_product(v + b, 2.0 * v); }, a);
}
