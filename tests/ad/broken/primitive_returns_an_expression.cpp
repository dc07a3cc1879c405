// expect: Mine::value must return double, Vector or Matrix, not an Eigen expression
#include "unroll/unroll.hpp"

using namespace unroll;

struct Twice {
  static auto value(const Vector& x) { return 2.0 * x; }
  static Vector pullback(const Vector&, const Vector& y_bar) { return 2.0 * y_bar; }
};

VarVector wrong(const VarVector& x) { return apply<Twice>(x); }
