// expect: collect them in a std::vector<scalar_t<V>> and assemble(list)
#include "unroll/unroll.hpp"

unroll::VarVector filled() {
  unroll::VarVector y(3);
  return y;
}
