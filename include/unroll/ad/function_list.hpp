/// \file
/// The list of elementary functions. A line is a function: whoever includes the file defines
///
///   UNROLL_FUNCTION(name, s, value, slope, bend, twist)      of one variable, or
///   UNROLL_FUNCTION_OF_TWO(name, value, in_a, in_b)          of two, or both,
///
/// and gets it once for every line; both are undefined again at the end. From these lines come the structs of
/// the rules (functions.hpp), the overloads for numbers and arrays (elementwise.hpp) and for scalars of
/// either engine (var.hpp, dual.hpp), the kernels (src/ad/functions.cpp, functions_of_two.cpp), the tests
/// (tests/ad/function_list_test.cpp) and the table of the documentation. A new function is one line here and
/// one row in tests/support/function_cases.cpp.
///
/// A function y = f(x) of one variable, entry by entry of an array:
///   name    what users call;
///   s       x or y, whichever the derivatives are written in: all that a tape keeps;
///   value   f(x);
///   slope   dy/dx as an expression in s;
///   bend    d slope / ds, which second derivatives need;
///   twist   d bend / ds, which third ones need.
/// (Of tanh and sigmoid, whose slope shares the work of the value, a tape without tangents keeps the slope.)
/// An expression that Eigen's arrays understand is evaluated by packets, one that is written for
/// numbers alone, such as `std::erf(x)`, entry by entry. What the lines are written with, `cube` and
/// `gaussian` say, stands in functions.hpp.
///
/// A function y = f(a, b) of two has its partial derivatives in a and b, written in a, b and y for a number
/// that may carry tangents: second and third derivatives come from these.
///
/// The comment behind a line states the formula, the domain, and the convention where the derivative is one
/// of several, or infinite. What nobody depends on adds nothing, even where a slope is infinite. A NaN is
/// passed on. Values and slopes hold to a few units in the last place wherever the type can represent them.

#ifndef UNROLL_FUNCTION
#define UNROLL_FUNCTION(name, s, of_x, slope_of_s, bend_of_s, twist_of_s)
#endif
#ifndef UNROLL_FUNCTION_OF_TWO
#define UNROLL_FUNCTION_OF_TWO(name, of_ab, in_a, in_b)
#endif

// clang-format off

//              name         s  value                      slope                       bend                              twist, and what it is; conventions
UNROLL_FUNCTION(exp,         y, map<packet::Exp>(x),       y,                          1.0, 0.0)                         // e^x
UNROLL_FUNCTION(expm1,       x, expm1(x),                  map<packet::Exp>(x),        exp(x), exp(x))                   // e^x − 1
UNROLL_FUNCTION(log,         x, map<packet::Log>(x),       1.0 / x,                    -1.0 / (x * x), 2.0 / cube(x))    // log x, x > 0
UNROLL_FUNCTION(log1p,       x, log1p(x),                  1.0 / (1.0 + x),            -1.0 / ((1.0 + x) * (1.0 + x)), 2.0 / cube(1.0 + x)) // log(1 + x), x > −1
UNROLL_FUNCTION(sqrt,        y, sqrt(x),                   0.5 / y,                    -0.5 / (y * y), 1.0 / cube(y))    // √x, x ≥ 0; the slope at 0 is +∞
UNROLL_FUNCTION(cbrt,        y, std::cbrt(x),              1.0 / (3.0 * y * y),        -2.0 / (3.0 * y * y * y), 2.0 / (y * cube(y))) // ∛x; the slope at 0 is +∞
UNROLL_FUNCTION(square,      x, x * x,                     2.0 * x,                    2.0, 0.0)                         // x²
UNROLL_FUNCTION(reciprocal,  y, 1.0 / x,                   -y * y,                     -2.0 * y, -2.0)                   // 1/x, x ≠ 0
UNROLL_FUNCTION(abs,         x, abs(x),                    map<packet::Sign>(x),      0.0, 0.0)                         // |x|; the slope at 0 is 0
UNROLL_FUNCTION(sin,         x, sin(x),                    cos(x),                     -sin(x), -cos(x))                 // sin x
UNROLL_FUNCTION(cos,         x, cos(x),                    -sin(x),                    -cos(x), sin(x))                  // cos x
UNROLL_FUNCTION(tan,         y, tan(x),                    1.0 + y * y,                2.0 * y, 2.0)                     // tan x
UNROLL_FUNCTION(asin,        x, asin(x),                   1.0 / sqrt((1.0 - x) * (1.0 + x)), x * cube(1.0 / sqrt((1.0 - x) * (1.0 + x))), (1.0 + 2.0 * x * x) * fifth(1.0 / sqrt((1.0 - x) * (1.0 + x)))) // arcsin x, |x| ≤ 1; the slope at ±1 is +∞
UNROLL_FUNCTION(acos,        x, acos(x),                   -1.0 / sqrt((1.0 - x) * (1.0 + x)), -x * cube(1.0 / sqrt((1.0 - x) * (1.0 + x))), -(1.0 + 2.0 * x * x) * fifth(1.0 / sqrt((1.0 - x) * (1.0 + x)))) // arccos x, |x| ≤ 1; the slope at ±1 is −∞
UNROLL_FUNCTION(atan,        x, atan(x),                   1.0 / (1.0 + x * x),        -2.0 * part_of(x, hypotenuse(1.0, x)) * cube(1.0 / hypotenuse(1.0, x)), (6.0 - 8.0 / (1.0 + x * x)) / (1.0 + x * x) / (1.0 + x * x)) // arctan x
UNROLL_FUNCTION(sinh,        x, sinh(x),                   cosh(x),                    sinh(x), cosh(x))                 // (e^x − e^−x)/2
UNROLL_FUNCTION(cosh,        x, cosh(x),                   sinh(x),                    cosh(x), sinh(x))                 // (e^x + e^−x)/2
UNROLL_FUNCTION(tanh,        x, map<packet::Tanh>(x),      map<packet::TanhSlope>(x),  -2.0 * map<packet::Tanh>(x) * map<packet::TanhSlope>(x), map<packet::TanhSlope>(x) * (4.0 - 6.0 * map<packet::TanhSlope>(x))) // tanh x
UNROLL_FUNCTION(asinh,       x, std::asinh(x),             1.0 / hypotenuse(1.0, x),   -part_of(x, hypotenuse(1.0, x)) * square_of(1.0 / hypotenuse(1.0, x)), (2.0 * square_of(part_of(x, hypotenuse(1.0, x))) - square_of(1.0 / hypotenuse(1.0, x))) * cube(1.0 / hypotenuse(1.0, x))) // arsinh x
UNROLL_FUNCTION(acosh,       x, std::acosh(x),             1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)), -part_of(x, sqrt(x - 1.0) * sqrt(x + 1.0)) * square_of(1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0))), (2.0 * square_of(part_of(x, sqrt(x - 1.0) * sqrt(x + 1.0))) + square_of(1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)))) * cube(1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)))) // arcosh x, x ≥ 1; the slope at 1 is +∞
UNROLL_FUNCTION(atanh,       x, std::atanh(x),             1.0 / ((1.0 - x) * (1.0 + x)), 2.0 * x / square_of((1.0 - x) * (1.0 + x)), (2.0 + 6.0 * x * x) / cube((1.0 - x) * (1.0 + x))) // artanh x, |x| < 1
UNROLL_FUNCTION(sigmoid,     x, map<packet::Sigmoid>(x),   map<packet::SigmoidSlope>(x), map<packet::SigmoidSlope>(x) * map<packet::Tanh>(-0.5 * x), map<packet::SigmoidSlope>(x) * (1.0 - 6.0 * map<packet::SigmoidSlope>(x))) // σ(x) = 1/(1 + e^−x)
UNROLL_FUNCTION(softplus,    x, map<packet::Softplus>(x),  map<packet::Sigmoid>(x),    map<packet::SigmoidSlope>(x), map<packet::SigmoidSlope>(x) * map<packet::Tanh>(-0.5 * x)) // log(1 + e^x)
UNROLL_FUNCTION(log_sigmoid, x, -map<packet::Softplus>(-x), map<packet::Sigmoid>(-x),  -map<packet::SigmoidSlope>(x), -map<packet::SigmoidSlope>(x) * map<packet::Tanh>(-0.5 * x)) // log σ(x)
UNROLL_FUNCTION(logit,       x, log_odds(x),               1.0 / (x * (1.0 - x)),      (2.0 * x - 1.0) / square_of(x * (1.0 - x)), (2.0 - 6.0 * (x * (1.0 - x))) / cube(x * (1.0 - x))) // log(x/(1 − x)), 0 < x < 1
UNROLL_FUNCTION(relu,        x, x < 0 ? 0.0 : x,           x > 0 ? 1.0 : 0.0,          0.0, 0.0)                         // max(x, 0); the slope at 0 is 0
UNROLL_FUNCTION(erf,         x, std::erf(x),               two_by_root_pi * gaussian(x), gaussian(x, -2.0 * two_by_root_pi * x), gaussian(x, two_by_root_pi * (4.0 * x * x - 2.0))) // (2/√π) ∫₀ˣ e^−t² dt
UNROLL_FUNCTION(erfc,        x, std::erfc(x),              -two_by_root_pi * gaussian(x), gaussian(x, 2.0 * two_by_root_pi * x), gaussian(x, two_by_root_pi * (2.0 - 4.0 * x * x))) // 1 − erf x
UNROLL_FUNCTION(lgamma,      x, log_gamma(x),              polygamma(0, x),            polygamma(1, x), polygamma(2, x)) // log |Γ(x)|; at the poles 0, −1, … +∞, its slope NaN
UNROLL_FUNCTION(digamma,     x, polygamma(0, x),           polygamma(1, x),            polygamma(2, x), polygamma(3, x)) // ψ(x) = Γ'(x)/Γ(x); at the poles 0, −1, … NaN, its slope +∞

//                     name   value                       partial in a                     partial in b
UNROLL_FUNCTION_OF_TWO(pow,   power(a, b),                power_slope(a, b),               power_bend(a, b, y))  // a^b, a ≥ 0, or an integer b; the partial in b at a = 0 is 0, its limit for b > 0, and for a < 0 NaN
UNROLL_FUNCTION_OF_TWO(atan2, std::atan2(a, b),           b / hypotenuse(a, b) / hypotenuse(a, b), -a / hypotenuse(a, b) / hypotenuse(a, b)) // the angle of the point (b, a); at (0, 0) both partials are NaN
UNROLL_FUNCTION_OF_TWO(hypot, std::hypot(a, b),           direction(a, y),                 direction(b, y))      // (a² + b²)^½; at (0, 0) both partials are 0
UNROLL_FUNCTION_OF_TWO(max,   either(is_larger(a, b), a, b), T(is_larger(a, b)),             T(!is_larger(a, b)))             // the greater; in a tie the derivative is that of a
UNROLL_FUNCTION_OF_TWO(min,   either(is_smaller(a, b), a, b), T(is_smaller(a, b)),           T(!is_smaller(a, b)))            // the smaller; in a tie the derivative is that of a
UNROLL_FUNCTION_OF_TWO(huber, huber_loss(a, b),           clipped(a, b),                   huber_excess(a, b))   // a²/2 where |a| ≤ b, b(|a| − b/2) beyond, b > 0; at |a| = b the partials are those within, a and 0

// clang-format on

#undef UNROLL_FUNCTION
#undef UNROLL_FUNCTION_OF_TWO
