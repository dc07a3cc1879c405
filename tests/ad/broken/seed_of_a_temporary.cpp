// expect: a temporary is gone after this line, and is read later: give it a name first
#include "unroll/unroll.hpp"

void wrong(std::vector<unroll::Seed>& seeds, const unroll::VarVector& x, const unroll::Matrix& w) {
  seeds.push_back({unroll::VarVector(x + x), w});
}
