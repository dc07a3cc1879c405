#include "unroll/ad/structure.hpp"

#include <limits>

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
  check_rule([](const auto& m) { return where(X.array() > 0, m, 2.0 * m); }, X);
  check_rule([](const auto& v) { return where(value_of(v).array() > 0, square(v), 0.0); }, y);
  const Vector edge{{4.0, 0.0}};
  const Vector slope = gradient(
      [](const auto& v) {
        return sum(where(Matrix(Vector{{1., 0.}}), sqrt(v), v));
      },
      edge);
  CHECK(slope == Vector{{0.25, 1.0}});
}

TEST_CASE("where takes numbers and scalars for all entries, on either side") {
  const Matrix mask = Vector{{1., 0., 0., 1.}};
  check_rule([&](const auto& v) { return where(mask, square(v), 0.0); }, y);
  check_rule([&](const auto& v) { return where(mask, 1, 2.0 * v); }, y);
  check_rule([&](const auto& v) { return where(mask, v, v[1] * v[2]); }, y);
  check_rule([&](const auto& v) { return where(mask, v[0] * v[1], square(v)); }, y);
  check_rule([&](const auto& v) { return where(mask, y, v[2] * v[0]); }, y);
  check_rule([](const auto& m) { return where(Matrix((X.array() > 0).cast<double>()), m, 3); }, X);
  CHECK(where(mask, y, 7.0) == Vector{{y[0], 7., 7., y[3]}});
  CHECK_THROWS_WITH_AS(where(mask, x, 0.0), "where: left is 4x1, right is 3x1", ShapeError);
  const auto untaken = [&](const auto& v) { return sum(where(mask, sqrt(v[2]), v)); };
  CHECK(gradient(untaken, Vector{{1., 2., 4., 3.}}) == Vector{{0., 1., 1.5, 0.}});
  CHECK(gradient(
            [](const auto& v) {
              return sum(where(Matrix(Vector{{0., 0.}}), sqrt(v[0]), v));
            },
            Vector{{0., 1.}}) == Vector{{1., 1.}});
}

TEST_CASE("clamp has the slope of what it gives") {
  check_rule([](const auto& v) { return clamp(v, -0.8, 0.9); }, point(6));
  check_rule([](const auto& v) { return clamp(v, -1, v[0] * v[0]); }, point(6));
  check_rule([](const auto& v) { return clamp(square(v), 0.1 * square(v), Vector(Vector::Ones(6))); },
             point(6));
  check_rule([](const auto& v) { return clamp(y, -v[0] * v[0], 0.3 * v[1] * v[1]); }, x);
  check_rule([](const auto& m) { return clamp(m, -0.5, 0.5); }, X);
  CHECK(gradient([](const auto& v) { return sum(clamp(v, 0.0, 1.0)); }, Vector{{-1., 0., .5, 1., 2.}}) ==
        Vector{{0., 1., 1., 1., 0.}});
}

TEST_CASE("clamp of scalars is that of arrays of one entry") {
  for (const double at : {-2.0, 0.4, 3.0}) {
    const Vector point{{at, -0.7, 1.1}};
    check_rule([](const auto& v) { return clamp(v[0] * v[0] - v[0], v[1], v[2]); }, point);
    check_rule([](const auto& v) { return clamp(v[0], -1, v[2]) * v[1]; }, point);
    check_rule([](const auto& v) { return clamp(0.9, v[1], 2.0 * v[2]); }, point);
  }
  CHECK(clamp(3, 0, 2.5) == 2.5);
  for (const double at : {-1.0, 0.0, 0.5, 1.0, 2.0})
    CHECK(gradient([](const auto& v) { return clamp(v[0], 0.0, 1.0); }, Vector{{at}})[0] ==
          (at >= 0 && at <= 1 ? 1 : 0));
  CHECK(std::isnan(clamp(std::numeric_limits<double>::quiet_NaN(), 0.0, 0.0)));
}

TEST_CASE("clamp between equal bounds is the bound, between crossed ones an error") {
  const Vector at{{-1., 2., 5.}};
  CHECK(gradient([](const auto& v) { return sum(clamp(v, 2.0, 2.0)); }, at) == Vector::Zero(3));
  CHECK(gradient([](const auto& v) { return clamp(v[1], 2.0, 2.0); }, at) == Vector::Zero(3));
  const Vector bound = Vector::Constant(3, 2.0);  // below x the upper one is met, above it the lower
  const auto slopes = [&](const auto& f) { return gradient(f, bound); };
  CHECK(slopes([&](const auto& v) { return sum(clamp(at, v, bound)); }) == Vector{{1., 1., 0.}});
  CHECK(slopes([&](const auto& v) { return sum(clamp(at, bound, v)); }) == Vector{{0., 0., 1.}});
  CHECK(slopes([](const auto& v) { return clamp(2.0, v[0], v[1]); }) == Vector{{1., 0., 0.}});
  const Vector lower{{0., 0., 1.}}, upper{{0., 1., 0.5}};
  const auto crossed = "clamp: the lower bound 1 is above the upper bound 0.5 at entry 2";
  Tape tape;
  const VarVector v = tape.input(at);
  CHECK_THROWS_WITH_AS(clamp(at, lower, upper), crossed, DomainError);
  CHECK_THROWS_WITH_AS(clamp(v, lower, upper), crossed, DomainError);
  CHECK_THROWS_WITH_AS(clamp(DualVector(at), lower, upper), crossed, DomainError);
  CHECK_THROWS_WITH_AS(clamp(v[0], 1, 0), "clamp: the lower bound 1 is above the upper bound 0", DomainError);
  CHECK_THROWS_AS(clamp(Dual(1.0), 1.0, 0.5), DomainError);
  CHECK_THROWS_AS(clamp(1.0, v[1], v[0]), DomainError);
  CHECK_THROWS_WITH_AS(clamp(v, Vector(Vector::Ones(1)), 2.0), "clamp: left is 3x1, right is 1x1",
                       ShapeError);
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
  check_rule(
      [](const auto& m) {
        matrix_t<std::remove_cvref_t<decltype(m)>> u = 2.0 * m;
        u += 1;
        u -= 0.25;
        u += m(0, 0) * m(1, 1);
        u -= m(1, 0);
        return square(u);
      },
      X);
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
