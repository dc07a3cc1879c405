#include <algorithm>
#include <iterator>

#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

TEST_CASE("segments, heads and tails pass adjoints to the entries they are made of") {
  const Vector x = point(5);
  check_rule([](const auto& v) { return segment(v, 1, 3); }, x);
  check_rule([](const auto& v) { return cwise_product(head(v, 2), tail(v, 2)); }, x);
  check_rule([](const auto& v) { return cwise_product(segment(2.0 * v, 0, 4), segment(v, 1, 4)); }, x);
}

TEST_CASE("a concatenation passes adjoints to its parts, constants among them") {
  const Vector a = point(2, 1), b = point(3, 2), c = point(2, 3);
  check_rule([](const auto& u, const auto& v) { return concatenate(u, v); }, a, b);
  check_rule([](const auto& u) { return concatenate(u, u); }, a);
  check_rule([&](const auto& u, const auto& v) { return square(concatenate(c, u, v, c)); }, a, b);
}

TEST_CASE("a column of a matrix passes adjoints to it") {
  check_rule([](const auto& m) { return cwise_product(column(m, 1), column(m, 2)); }, matrix_point(3, 4));
}

static_assert(!std::is_assignable_v<decltype(*std::declval<const VarVector&>().begin()), double>);
static_assert(!std::is_assignable_v<decltype(*std::declval<const DualVector&>().begin()), double>);
static_assert(!std::is_assignable_v<decltype(std::declval<VarVector&>().value()[0]), double>);
static_assert(!std::is_assignable_v<decltype(value_of(std::declval<DualMatrix&>())(0, 0)), double>);

TEST_CASE("a loop over a vector's entries is the function that it says") {
  check_rule(
      [](const auto& v) {
        scalar_t<std::remove_cvref_t<decltype(v)>> sum(0.0);
        for (const auto& entry : v) sum += entry * sin(entry);
        return sum;
      },
      point(4));
  Tape tape;
  const VarVector x = tape.input(Vector(Vector::LinSpaced(3, -1, 1)));
  CHECK(value_of(*std::max_element(x.begin(), x.end())) == 1);
  CHECK(std::distance(x.begin(), x.end()) == 3);
  const DualVector none(Vector{});
  CHECK(none.begin() == none.end());
}

TEST_CASE("entries are scalars, and scalars assemble to a vector") {
  const Vector x = point(3);
  check_rule([](const auto& v) { return v[0] * sin(v[1]) + v(2); }, x);
  check_rule([](const auto& m) { return m(0, 1) * m(1, 0) / m(1, 2); }, matrix_point(2, 3));
  check_rule(
      [](const auto& v) {
        using S = scalar_t<std::remove_cvref_t<decltype(v)>>;
        const std::array<S, 4> entries{S(v[0] * v[1]), S(v[2]), S(1.5), S(v[2])};
        return assemble(std::span<const S>(entries));
      },
      x);
  check_rule(
      [](const auto& v) {
        using S = scalar_t<std::remove_cvref_t<decltype(v)>>;
        using A = ad::array_t<std::remove_cvref_t<decltype(v)>>;
        Eigen::Matrix<S, Eigen::Dynamic, 1> entries(3);
        for (Index i = 0; i < 3; ++i) entries[i] = exp(v[i]) * v[0];
        return A(A(entries) + v);
      },
      x);
}

TEST_CASE("entries of x and of x + constant, which share a derivative, do not disturb each other") {
  const Vector x = point(3), c = point(3, 5);
  check_rule([&](const auto& v) { return (v + c)[0] * v[0] * (v + c)[0] + sum(v); }, x);
}

TEST_CASE("an entry, segment or column out of range throws with its place and the size") {
  Tape tape;
  const VarVector x = tape.input(Vector(Vector::Ones(3)));
  const VarMatrix m = tape.input(Matrix(Matrix::Ones(2, 3)));
  CHECK_THROWS_WITH_AS(x[3], "entry (3, 0): array is 3x1", ShapeError);
  CHECK_THROWS_WITH_AS(m(2, 0), "entry (2, 0): array is 2x3", ShapeError);
  CHECK_THROWS_AS(x[-1], ShapeError);
  CHECK_THROWS_AS(VarVector()[0], ShapeError);
  CHECK_THROWS_AS(DualVector(Vector(2))[2], ShapeError);
  CHECK_THROWS_WITH_AS(segment(x, 2, 2), "segment: 2 entries from 2, x has 3", ShapeError);
  CHECK_THROWS_AS(tail(x, 4), ShapeError);
  CHECK_THROWS_AS(head(x, -1), ShapeError);
  CHECK_THROWS_WITH_AS(column(m, 3), "columns: 2x1 from (0, 3), matrix is 2x3", ShapeError);
  CHECK_THROWS_AS(column(Matrix(Matrix::Ones(2, 3)), 3), ShapeError);
}
