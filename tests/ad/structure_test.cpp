#include "unroll/ad/structure.hpp"

#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

namespace {
const Matrix X = matrix_point(3, 4, 1);
const Vector x = point(3), y = point(4, 2);
}  // namespace

TEST_CASE("reshape and flatten are the same node in another shape") {
  check_rule([](const auto& m) { return square(reshape(m, 2, 6)); }, X);
  check_rule([](const auto& m) { return square(flatten(m)); }, X);
  check_rule([](const auto& v) { return reshape(v, 2, 2) * reshape(v, 2, 2); }, y);
  Tape tape;
  const VarVector v = tape.input(y);
  const VarMatrix m = reshape(v, 2, 2);
  CHECK(tape.statistics().nodes == 0);
  CHECK(m.value() == Matrix(y.reshaped(2, 2)));
  CHECK(tape.sweep(sum(m)).adjoint(v) == Matrix(Vector::Ones(4)));
  CHECK_THROWS_WITH_AS(reshape(v, 3, 2), "reshape: x has 4 entries, not 3x2", ShapeError);
}

TEST_CASE("blocks, rows and columns pass adjoints to where they are from") {
  check_rule([](const auto& m) { return square(block(m, 1, 1, 2, 3)); }, X);
  check_rule([](const auto& m) { return cwise_product(rows(m, 0, 2), rows(m, 1, 2)); }, X);
  check_rule([](const auto& m) { return columns(m, 1, 3); }, X);
  check_rule([](const auto& m) { return cwise_product(row(m, 0), row(m, 2)); }, X);
  check_rule([](const auto& m) { return rows(m, 1, 0); }, X);
  CHECK_THROWS_WITH_AS(block(X, 1, 1, 3, 3), "block: 3x3 from (1, 1), matrix is 3x4", ShapeError);
  CHECK_THROWS_AS(row(X, 3), ShapeError);
}

TEST_CASE("vectors are repeated to matrices") {
  check_rule([](const auto& v) { return square(repeat_columns(v, 4)); }, x);
  check_rule([](const auto& v) { return square(repeat_rows(v, 3)); }, y);
  CHECK(repeat_rows(y, 2) == Matrix(y.transpose().replicate(2, 1)));
}

TEST_CASE("diagonals, traces, scaled rows and columns, outer products") {
  const Matrix S = matrix_point(3, 3, 4);
  check_rule([](const auto& m) { return square(diagonal(m)); }, X);
  check_rule([](const auto& v) { return diagonal_matrix(square(v)); }, x);
  check_rule([](const auto& m) { return trace(m) * trace(m); }, S);
  check_rule([](const auto& v, const auto& m) { return scale_rows(v, m); }, x, X);
  check_rule([](const auto& m, const auto& v) { return scale_columns(m, v); }, X, y);
  check_rule([](const auto& u, const auto& v) { return outer(u, v); }, x, y);
  check_rule([](const auto& v) { return outer(v, v); }, x);
  check_rule([](const auto& v) { return outer(x, v); }, y);
  CHECK(scale_rows(x, X) == Matrix(x.asDiagonal() * X));
  CHECK(outer(x, y) == Matrix(x * y.transpose()));
}

TEST_CASE("gathered entries add up their adjoints, scattered ones their values") {
  check_rule([](const auto& v) { return square(gather(v, {0, 2, 2, 1, 0})); }, x);
  check_rule([](const auto& v) { return square(scatter(v, {1, 0, 1, 4}, 5)); }, y);
  check_rule([](const auto& v) { return gather(v, {}); }, x);
  check_rule([](const auto& v) { return square(cumulative_sum(v)); }, y);
  CHECK(scatter(Vector{{1., 2., 3.}}, {1, 0, 1}, 3) == Vector{{2., 4., 0.}});
  CHECK(cumulative_sum(Vector{{1., 2., 3.}}) == Vector{{1., 3., 6.}});
  CHECK_THROWS_WITH_AS(gather(x, {3}), "gather: index 3, of 3 entries", ShapeError);
  CHECK_THROWS_WITH_AS(scatter(x, {0, 1}, 3), "scatter: x has 3 entries, 2 indices", ShapeError);
}

TEST_CASE("where takes entries by a mask, and nothing from what it does not take") {
  const Matrix mask = Vector{{1., 0., 0., 1.}};
  check_rule([&](const auto& v) { return where(mask, square(v), exp(v)); }, y);
  check_rule([&](const auto& u, const auto& v) { return where(mask, u, v); }, y, point(4, 3));
  check_rule([](const auto& m) { return where(Matrix((X.array() > 0).cast<double>()), m, 2.0 * m); }, X);
  const Vector edge{{4.0, 0.0}};
  const Vector slope = gradient(
      [](const auto& v) {
        return sum(where(Matrix(Vector{{1., 0.}}), sqrt(v), v));
      },
      edge);
  CHECK(slope == Vector{{0.25, 1.0}});
}

TEST_CASE("clamp has the slope of what it gives") {
  check_rule([](const auto& v) { return clamp(v, -0.8, 0.9); }, point(6));
  CHECK(gradient([](const auto& v) { return sum(clamp(v, 0.0, 1.0)); }, Vector{{-1., 0., .5, 1., 2.}}) ==
        Vector{{0., 1., 1., 1., 0.}});
}

TEST_CASE("an array and a scalar add, and arrays are added to") {
  check_rule([](const auto& v) { return 2.0 - (v + 1.0) - 3; }, x);
  check_rule([](const auto& v) { return v + v[0] * v[1]; }, x);
  check_rule([](const auto& v) { return v[0] - (v - v[2]); }, x);
  check_rule([](const auto& m) { return m + 1; }, X);
  check_rule(
      [](const auto& v) {
        vector_t<std::remove_cvref_t<decltype(v)>> u = square(v);
        u += v;
        u -= 0.5 * v;
        u *= 3.0;
        u /= 2.0;
        return u;
      },
      x);
}

TEST_CASE("shapes that no array can have are errors that can be caught") {
  Tape tape;
  const VarVector none = tape.input(Vector(0));
  const Index huge = Index{1} << 33;
  CHECK_THROWS_AS(scatter(none, {}, -5), ShapeError);
  CHECK_THROWS_AS(scatter(Vector(0), {}, -5), ShapeError);
  CHECK_THROWS_AS(scatter(DualVector(Vector(0)), {}, -5), ShapeError);
  CHECK_THROWS_AS(tape.input(Matrix(huge, 0)), ShapeError);
  CHECK_THROWS_AS(repeat_rows(none, huge), ShapeError);
}
