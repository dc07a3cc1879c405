// expect: sweep.adjoint: a sum is no input of the tape
#include "unroll/unroll.hpp"

unroll::Matrix wrong(const unroll::Sweep& sweep, const unroll::VarVector& x, const unroll::Vector& c) {
  return sweep.adjoint(x + c);
}
