// expect: batch: f(i) must return what becomes of item i
#include "unroll/unroll.hpp"
using namespace unroll;
auto wrong(std::vector<Vector>& results) {
  return batch(3, [&](Index i) { results[std::size_t(i)] = Vector::Ones(3); });
}
