#include "unroll/compare/normal.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace unroll;

TEST_CASE("normal numbers depend on seed and stream alone") {
  const Vector first = NormalGenerator(1).vector(4);
  CHECK(first == NormalGenerator(1).vector(4));
  CHECK(first != NormalGenerator(2).vector(4));
  CHECK(first != NormalGenerator(1, 1).vector(4));
  CHECK(first != NormalGenerator(1ULL + (1ULL << 32)).vector(4));
}

TEST_CASE("the first normal numbers of seed 1 are those of every standard library") {
  const Vector first = NormalGenerator(1).vector(3);
  CHECK(first[0] == doctest::Approx(1.5148002035338468).epsilon(1e-14));
  CHECK(first[1] == doctest::Approx(0.43339847696249756).epsilon(1e-14));
  CHECK(first[2] == doctest::Approx(1.041547496721257).epsilon(1e-14));
}

TEST_CASE("a matrix is drawn row by row") {
  const Matrix a = NormalGenerator(3).matrix(2, 3);
  const Vector v = NormalGenerator(3).vector(6);
  CHECK(a(0, 1) == v[1]);
  CHECK(a(1, 0) == v[3]);
}

TEST_CASE("normal numbers have the first four moments of the normal distribution") {
  const Vector x = NormalGenerator(5).vector(200000);
  CHECK(std::abs(x.mean()) < 0.01);
  CHECK(std::abs(x.array().square().mean() - 1) < 0.02);
  CHECK(std::abs(x.array().cube().mean()) < 0.05);
  CHECK(std::abs(x.array().pow(4).mean() - 3) < 0.1);
}
