#include "support/function_cases.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "unroll/ad/dual_array.hpp"
#include "unroll/ad/var.hpp"
#include "unroll/ad/var_array.hpp"

namespace unroll::test {
namespace {

long double logistic(long double x) { return 1 / (1 + std::exp(-x)); }
/// ψ and ψ' by their asymptotic series, behind the recurrence.
long double exact_polygamma(int order, long double x) {
  constexpr long double bernoulli[] = {1.0L / 6,  -1.0L / 30,     1.0L / 42, -1.0L / 30,
                                       5.0L / 66, -691.0L / 2730, 7.0L / 6};
  long double behind = 0;  // by ψ(x) = ψ(x + 1) − 1/x
  for (; x < 30; x += 1) behind += order == 0 ? -1 / x : 1 / (x * x);
  long double sum = order == 0 ? std::log(x) - 0.5L / x : 1 / x + 0.5L / (x * x);
  for (int k = 1; k <= 7; ++k)
    sum += order == 0 ? -bernoulli[k - 1] / (2 * k) * std::pow(x, -2.0L * k)
                      : bernoulli[k - 1] * std::pow(x, -2.0L * k - 1);
  return sum + behind;
}

}  // namespace

#define UNROLL_ROW(name, low, high, far, of_x, slope, kinks)                                          \
  CaseOfOne {                                                                                         \
    ad::Function::name, #name, low, high, std::vector<double> far,                                    \
        [](long double x) -> long double { return of_x; },                                            \
        []([[maybe_unused]] long double x) -> long double { return slope; }, std::vector<Kink> kinks, \
        [](double v) { return name(v); }, [](const Var&v) { return Var(name(v)); },                   \
        [](const Dual&v) { return name(v); }, [](const Vector&v) { return name(v); },                 \
        [](const VarVector&v) { return name(v); }, [](const DualVector&v) { return name(v); }         \
  }

// clang-format off
const std::vector<CaseOfOne>& cases_of_one() {
  constexpr double inf = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  static const std::vector<CaseOfOne> rows{
  //         name         low   high  further points                       exact value                    exact slope                          kinks
  UNROLL_ROW(exp,         -2.0, 2.0,  ({-700, -40, 1e-300, 40, 700}),      std::exp(x),                   std::exp(x),                         ({})),
  UNROLL_ROW(expm1,       -2.0, 2.0,  ({-700, -38, 1e-300, 40, 700}),      std::expm1(x),                 std::exp(x),                         ({})),
  UNROLL_ROW(log,         0.1,  3.0,  ({1e-300, 1e-10, 1e10, 1e300}),      std::log(x),                   1 / x,                               ({{0.0, inf}})),
  UNROLL_ROW(log1p,       -0.9, 3.0,  ({-1 + 0x1p-52, 1e-300, 1e300}),     std::log1p(x),                 1 / (1 + x),                         ({{-1.0, inf}})),
  UNROLL_ROW(sqrt,        0.1,  3.0,  ({1e-300, 1e300}),                   std::sqrt(x),                  0.5L / std::sqrt(x),                 ({{0.0, inf}})),
  UNROLL_ROW(cbrt,        0.1,  3.0,  ({-1e-300, -8, 1e-300, 1e300}),      std::cbrt(x),                  1 / (3 * std::cbrt(x) * std::cbrt(x)), ({{0.0, inf}})),
  UNROLL_ROW(square,      -2.0, 2.0,  ({1e-150, -1e150}),                  x * x,                         2 * x,                               ({})),
  UNROLL_ROW(reciprocal,  0.2,  3.0,  ({-1e-150, -1e150, 1e-150}),         1 / x,                         -1 / (x * x),                        ({{0.0, -inf}})),
  UNROLL_ROW(abs,         0.1,  2.0,  ({-1e300, 1e-300}),                  std::abs(x),                   x < 0 ? -1 : 1,                      ({{0.0, 0.0}, {-0.0, 0.0}})),
  UNROLL_ROW(sin,         -2.0, 2.0,  ({-1e-300, 100, 1e5}),               std::sin(x),                   std::cos(x),                         ({})),
  UNROLL_ROW(cos,         -2.0, 2.0,  ({-1e-300, 100, 1e5}),               std::cos(x),                   -std::sin(x),                        ({})),
  UNROLL_ROW(tan,         -1.4, 1.4,  ({-1e-300, 100, 1.5707963}),         std::tan(x),                   1 + std::tan(x) * std::tan(x),       ({})),
  UNROLL_ROW(asin,        -0.9, 0.9,  ({1e-300, 1 - 0x1p-53, -1 + 0x1p-53}), std::asin(x),                1 / std::sqrt((1 - x) * (1 + x)),    ({{1.0, inf}, {-1.0, inf}})),
  UNROLL_ROW(acos,        -0.9, 0.9,  ({1e-300, 1 - 0x1p-53, -1 + 0x1p-53}), std::acos(x),                -1 / std::sqrt((1 - x) * (1 + x)),   ({{1.0, -inf}, {-1.0, -inf}})),
  UNROLL_ROW(atan,        -2.0, 2.0,  ({-1e100, 1e-300, 1e100}),           std::atan(x),                  1 / (1 + x * x),                     ({})),
  UNROLL_ROW(sinh,        -2.0, 2.0,  ({-700, 1e-300, 700}),               std::sinh(x),                  std::cosh(x),                        ({})),
  UNROLL_ROW(cosh,        -2.0, 2.0,  ({-700, 1e-300, 700}),               std::cosh(x),                  std::sinh(x),                        ({})),
  UNROLL_ROW(tanh,        -2.0, 2.0,  ({-340, -20, 1e-300, 20, 340}),      std::tanh(x),                  1 / (std::cosh(x) * std::cosh(x)),   ({})),
  UNROLL_ROW(asinh,       -2.0, 2.0,  ({-1e200, -20, 1e-300, 1e300}),      std::asinh(x),                 1 / std::hypot(1.0L, x),             ({})),
  UNROLL_ROW(acosh,       1.1,  3.0,  ({1 + 0x1p-52, 1e200, 1e300}),       std::acosh(x),                 1 / std::sqrt((x - 1) * (x + 1)),    ({{1.0, inf}})),
  UNROLL_ROW(atanh,       -0.9, 0.9,  ({1e-300, 1 - 0x1p-53, -1 + 0x1p-53}), std::atanh(x),               1 / ((1 - x) * (1 + x)),             ({{1.0, inf}, {-1.0, inf}})),
  UNROLL_ROW(sigmoid,     -2.0, 2.0,  ({-700, -37, 1e-300, 30, 37, 700}),  logistic(x),                   logistic(x) * logistic(-x),          ({})),
  UNROLL_ROW(softplus,    -2.0, 2.0,  ({-700, -37, 1e-300, 37, 700}),      std::log1p(std::exp(x)),       logistic(x),                         ({})),
  UNROLL_ROW(log_sigmoid, -2.0, 2.0,  ({-700, -37, 1e-300, 37, 700}),      -std::log1p(std::exp(-x)),     logistic(-x),                        ({})),
  UNROLL_ROW(logit,       0.1,  0.9,  ({1e-150, 0.5 + 0x1p-50, 1 - 0x1p-53}), x < 0.3L ? std::log(x) - std::log1p(-x) : std::log1p((2 * x - 1) / (1 - x)), 1 / (x * (1 - x)), ({{0.0, inf}, {1.0, inf}})),
  UNROLL_ROW(relu,        0.1,  2.0,  ({-1e300, -1, 1e300}),               std::max(x, 0.0L),             x > 0 ? 1 : 0,                       ({{0.0, 0.0}})),
  UNROLL_ROW(erf,         -2.0, 2.0,  ({-6, 1e-300, 6, 26}),               std::erf(x),                   1.12837916709551257389615890312L * std::exp(-x * x), ({})),
  UNROLL_ROW(erfc,        -2.0, 2.0,  ({-6, 1e-300, 6, 26}),               std::erfc(x),                  -1.12837916709551257389615890312L * std::exp(-x * x), ({})),
  UNROLL_ROW(lgamma,      0.2,  3.0,  ({-170.5, -10.7, -1.5, -0.1, -1e-150, 1e-150, 20, 1e10}), std::lgamma(x),  exact_polygamma(0, x), ({{0.0, nan}, {-0.0, nan}, {-3.0, nan}})),
  UNROLL_ROW(digamma,     0.2,  3.0,  ({-170.5, -10.7, -1.5, -0.1, -1e-100, 1e-100, 20, 1e10}), exact_polygamma(0, x), exact_polygamma(1, x), ({{0.0, inf}, {-0.0, inf}, {-3.0, inf}})),
  };
  return rows;
}
// clang-format on
#undef UNROLL_ROW

#define UNROLL_EXACT(expression) \
  []([[maybe_unused]] long double a, [[maybe_unused]] long double b) -> long double { return expression; }
#define UNROLL_ROW(name, far, of_ab, in_a, in_b, kinks)                                              \
  CaseOfTwo {                                                                                        \
    ad::FunctionOfTwo::name, #name, std::vector<std::pair<double, double>> far, UNROLL_EXACT(of_ab), \
        UNROLL_EXACT(in_a), UNROLL_EXACT(in_b), std::vector<KinkOfTwo> kinks,                        \
        [](double a, double b) { return name(a, b); },                                               \
        [](const Var&a, const Var&b) { return Var(name(a, b)); },                                    \
        [](const Dual&a, const Dual&b) { return name(a, b); }                                        \
  }
// clang-format off
const std::vector<CaseOfTwo>& cases_of_two() {
  constexpr double inf = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  static const std::vector<CaseOfTwo> rows{
  //         name   further points                                                                 exact value                 exact partials                                     kinks
  UNROLL_ROW(pow,   ({{1e300, 1}, {1e300, 0.3}, {1e300, -0.7}, {1e-300, 1}, {1e-300, 0.3}, {2, 1000}, {1e-320, 0.5}, {1 + 0x1p-52, 1e15}, {3, 1e-300}}),
             std::pow(a, b), b * std::pow(a, b - 1), std::pow(a, b) * std::log(a), ({{0, 0, 0, 0}, {0, 0.5, inf, 0}, {0, 1, 1, 0}, {0, 2, 0, 0}, {0, -1, -inf, 0}, {-2, 2, -4, nan}, {-2, -1, -0.25, nan}})),
  UNROLL_ROW(atan2, ({{3e300, 4e300}, {1e-300, 2e-300}, {1e-300, -1e300}, {-1e150, 1e-150}, {-3e-300, 1e-10}, {0, -2}}),
             std::atan2(a, b), b / (a * a + b * b), -a / (a * a + b * b), ({{0, 0, nan, nan}, {0, 1, 1, 0}, {1, 0, 0, -1}})),
  UNROLL_ROW(hypot, ({{3e300, 4e300}, {1e-300, -2e-300}, {3e-309, 4e-309}, {1e300, 1e-300}, {-1e-300, 0}}),
             std::hypot(a, b), a / std::hypot(a, b), b / std::hypot(a, b), ({{0, 0, 0, 0}, {-0.0, 0, 0, 0}, {0, -1, 0, -1}})),
  UNROLL_ROW(max,   ({{1e300, -1e300}, {1e-320, 1e-300}, {-1e-300, -1e-320}}),
             std::max(a, b), a >= b ? 1 : 0, a >= b ? 0 : 1, ({{1, 1, 1, 0}, {0, -0.0, 1, 0}, {-0.0, 0, 1, 0}, {inf, inf, 1, 0}})),
  UNROLL_ROW(min,   ({{1e300, -1e300}, {1e-320, 1e-300}, {-1e-300, -1e-320}}),
             std::min(a, b), a <= b ? 1 : 0, a <= b ? 0 : 1, ({{1, 1, 1, 0}, {0, -0.0, 1, 0}, {-0.0, 0, 1, 0}, {-inf, -inf, 1, 0}})),
  UNROLL_ROW(huber, ({{1e150, 1e151}, {-1e150, 1e149}, {1e300, 1e-300}, {1e-300, 1}, {-1e-150, 1e-160}, {2.5e154, 1.8e153}}),
             std::abs(a) <= b ? a * a / 2 : b * (std::abs(a) - b / 2), std::clamp(a, -b, b), std::abs(a) <= b ? 0 : std::abs(a) - b, ({{1.5, 1.5, 1.5, 0}, {-1.5, 1.5, -1.5, 0}, {0, 1, 0, 0}})),
  };
  return rows;
}
// clang-format on
#undef UNROLL_ROW
#undef UNROLL_EXACT

}  // namespace unroll::test
