// The memory of dual arrays: what one leaves serves the next of its size, on the same thread.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "unroll/ad/operators.hpp"

namespace unroll {
namespace {

const double* left_by(Index n, Index k) {
  const DualVector x(Vector::Ones(n), Matrix::Ones(n, k));
  const DualVector y = 2.0 * x;
  return y.block().data();
}

TEST_CASE("a large dual array takes the memory of one that is gone; its numbers are its own") {
  const Index n = 1000, k = 40;
  left_by(n, k);
  const double* const before = left_by(n, k);
  const DualVector x(Vector::Constant(n, 3), Matrix::Zero(n, k));
  const DualVector y = x + x, copy = y;
  CHECK(y.value() == Vector::Constant(n, 6));
  CHECK(y.tangents().isZero(0));
  CHECK(copy.value() == y.value());
  CHECK(before != nullptr);
  DualVector moved = y;
  moved = DualVector(Vector::Ones(2), Matrix::Ones(2, 1));
  CHECK(moved.size() == 2);
  CHECK(y.value() == Vector::Constant(n, 6));
}

TEST_CASE("blocks of one size go round: no more than are alive at once") {
  const Index n = 400, k = 60;
  std::vector<const double*> seen;
  for (int step = 0; step < 50; ++step) {
    const double* const data = left_by(n, k);
    if (std::find(seen.begin(), seen.end(), data) == seen.end()) seen.push_back(data);
  }
  CHECK(seen.size() <= 4);
}

}  // namespace
}  // namespace unroll
