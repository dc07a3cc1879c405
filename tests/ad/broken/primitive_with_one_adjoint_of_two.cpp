// expect: Mine::pullback must return one adjoint for every operand
#include "unroll/unroll.hpp"

struct Difference {
  static unroll::Vector value(const unroll::Vector& x, const unroll::Vector& y) { return x - 2 * y; }
  static unroll::Vector pullback(const unroll::Vector&, const unroll::Vector&, const unroll::Vector& w) {
    return w;
  }
};

unroll::VarVector f(const unroll::VarVector& x, const unroll::VarVector& y) {
  return unroll::apply<Difference>(x, y);
}
