// expect: Seed(const VarArray&& temporary
#include "unroll/ad/gradient.hpp"

void wrong(std::vector<unroll::Seed>& seeds, const unroll::VarVector& x, const unroll::Matrix& w) {
  seeds.push_back({unroll::VarVector(x + x), w});
}
