#include "unroll/ad/along.hpp"

#include "ad/check_rule.hpp"

using namespace unroll;
using namespace unroll::test;

namespace {
const Matrix table = matrix_point(3, 4, 1), one_entry = Matrix::Constant(1, 1, 0.7);

// f of every row equals g of every column of the transpose; both are checked as rules.
template <class F, class G>
void check_along(const F& of_rows, const G& of_columns) {
  for (const Matrix& x : {table, one_entry}) {
    check_rule(of_rows, x);
    check_rule(of_columns, x);
    CHECK(Matrix(of_rows(x)).reshaped().sum() ==
          doctest::Approx(Matrix(of_columns(Matrix(x.transpose()))).reshaped().sum()).epsilon(1e-14));
  }
}
}  // namespace

TEST_CASE("sums, means, maxima, norms, log-sum-exp and softmax of rows and of columns are rules") {
  check_along([](const auto& m) { return square(row_sums(m)); },
              [](const auto& m) { return square(column_sums(m)); });
  check_along([](const auto& m) { return row_means(m); }, [](const auto& m) { return column_means(m); });
  check_along([](const auto& m) { return row_max(m); }, [](const auto& m) { return column_max(m); });
  check_along([](const auto& m) { return row_norms(m); }, [](const auto& m) { return column_norms(m); });
  check_along([](const auto& m) { return row_log_sum_exp(m); },
              [](const auto& m) { return column_log_sum_exp(m); });
  check_along([](const auto& m) { return row_softmax(m); }, [](const auto& m) { return column_softmax(m); });
  CHECK(row_sums(table).isApprox(Vector(table.rowwise().sum())));
  const Vector expected = table.colwise().maxCoeff();
  CHECK(column_max(table) == expected);
  CHECK(row_norms(table).isApprox(Vector(table.rowwise().norm()), 1e-15));
  CHECK(column_norms(table).isApprox(Vector(table.colwise().norm().transpose()), 1e-15));
  CHECK(Vector(row_softmax(table).rowwise().sum()).isApprox(Vector::Ones(3), 1e-15));
  CHECK(Vector(column_softmax(table).colwise().sum()).isApprox(Vector::Ones(4), 1e-15));
}

TEST_CASE("sums and norms of nothing are zero, means and maxima of nothing throw") {
  check_rule([](const auto& m) { return row_sums(m); }, Matrix(3, 0));
  check_rule([](const auto& m) { return column_norms(m); }, Matrix(0, 2));
  CHECK(row_norms(Matrix(2, 0)) == Vector::Zero(2));
  Tape tape;
  const auto throws = [](const auto& flat, const auto& none) {
    CHECK_THROWS_WITH_AS(row_max(flat), "max: of an array of 3x0", ShapeError);
    CHECK_THROWS_WITH_AS(row_means(flat), "mean: of an array of 3x0", ShapeError);
    CHECK_THROWS_WITH_AS(row_log_sum_exp(flat), "max: of an array of 3x0", ShapeError);
    CHECK_THROWS_WITH_AS(row_softmax(flat), "max: of an array of 3x0", ShapeError);
    CHECK_THROWS_WITH_AS(column_max(none), "max: of an array of 0x3", ShapeError);
    CHECK_THROWS_WITH_AS(column_means(none), "mean: of an array of 0x3", ShapeError);
  };
  throws(Matrix(3, 0), Matrix(0, 3));
  throws(DualMatrix(Matrix(3, 0)), DualMatrix(Matrix(0, 3)));
  throws(tape.input(Matrix(3, 0)), tape.input(Matrix(0, 3)));
}

TEST_CASE("of no rows there are no means, maxima and norms") {
  check_rule([](const auto& m) { return row_means(m); }, Matrix(0, 3));
  check_rule([](const auto& m) { return row_max(m); }, Matrix(0, 3));
  check_rule([](const auto& m) { return column_log_sum_exp(m); }, Matrix(3, 0));
  check_rule([](const auto& m) { return column_softmax(m); }, Matrix(3, 0));
  check_rule([](const auto& m) { return row_norms(m); }, Matrix(0, 3));
}

TEST_CASE("log-sum-exp and softmax of rows are stable") {
  const Matrix far{{700.0, -700.0}, {-1000.0, -1000.0}};
  CHECK(row_log_sum_exp(far).isApprox(Vector{{700.0, std::log(2.0) - 1000}}, 1e-15));
  CHECK(row_softmax(far).isApprox(Matrix{{1.0, 0.0}, {0.5, 0.5}}, 1e-15));
}

TEST_CASE("a row of −∞ has the log-sum-exp −∞ and the softmax 0, and no derivative flows there") {
  const double infinity = std::numeric_limits<double>::infinity();
  const Matrix x{{-infinity, -infinity, -infinity}, {0, -infinity, 0}};
  const Vector sums = row_log_sum_exp(x);
  CHECK(sums[0] == -infinity);
  CHECK(sums[1] == doctest::Approx(std::log(2)));
  CHECK(row_softmax(x) == Matrix{{0, 0, 0}, {0.5, 0, 0.5}});
  Tape tape;
  const VarMatrix taped = tape.input(x);
  CHECK(tape.sweep(row_log_sum_exp(taped), Vector::Ones(2)).adjoint(taped) ==
        Matrix(row_softmax(x)).reshaped(6, 1));
}

TEST_CASE(
    "a row with +∞ has the log-sum-exp +∞, its slope there alone, and the softmax of its infinite entries") {
  const double infinity = std::numeric_limits<double>::infinity();
  const Matrix x{{1, infinity, 2}, {infinity, -infinity, infinity}, {0, -infinity, 0}};
  const Vector sums = row_log_sum_exp(x);
  CHECK(sums.head(2) == Vector::Constant(2, infinity));
  CHECK(sums[2] == doctest::Approx(std::log(2)));
  CHECK(column_log_sum_exp(Matrix(x.transpose())) == sums);
  CHECK(row_softmax(x) == Matrix{{0, 1, 0}, {0.5, 0, 0.5}, {0.5, 0, 0.5}});
  Tape tape;
  const VarMatrix taped = tape.input(x);
  CHECK(tape.sweep(row_log_sum_exp(taped), Vector::Ones(3)).adjoint(taped).reshaped(3, 3) ==
        Matrix{{0, 1, 0}, {1, 0, 0}, {0.5, 0, 0.5}});
  CHECK(tape.sweep(sum(row_softmax(taped) * Vector{{1, 2, 3}})).adjoint(taped).allFinite());
  const DualMatrix moved(x, Matrix::Ones(9, 1));
  CHECK(row_log_sum_exp(moved).tangents() == Vector::Ones(3));
  CHECK(row_softmax(moved).tangents().isZero(0));
}

TEST_CASE("norms of rows keep the range of their entries, and have slope 0 at 0") {
  const Matrix far{{3e160, 4e160}, {3e-170, 4e-170}, {0.0, 0.0}};
  const Vector norms = row_norms(far);
  CHECK(norms.isApprox(Vector{{5e160, 5e-170, 0.0}}, 1e-15));
  CHECK(norms[1] == doctest::Approx(5e-170).epsilon(1e-14));
  Tape tape;
  const VarMatrix m = tape.input(far);
  const Matrix slopes = tape.sweep(sum(row_norms(m))).adjoint(m).reshaped(3, 2);
  CHECK(slopes.isApprox(Matrix{{0.6, 0.8}, {0.6, 0.8}, {0.0, 0.0}}, 1e-14));
}

TEST_CASE("a tie in a row, or a column, belongs to the first") {
  const Matrix x{{2.0, 1.0, 2.0}, {0.0, -0.0, 0.0}, {2.0, 1.0, -1.0}};
  Tape tape;
  const VarMatrix m = tape.input(x);
  CHECK(tape.sweep(sum(row_max(m))).adjoint(m) ==
        Matrix(Matrix{{1., 0., 0.}, {1., 0., 0.}, {1., 0., 0.}}.reshaped()));
  CHECK(tape.sweep(sum(column_max(m))).adjoint(m) ==
        Matrix(Matrix{{1., 1., 1.}, {0., 0., 0.}, {0., 0., 0.}}.reshaped()));
  CHECK(row_max(DualMatrix(x, Matrix(Vector::Unit(9, 6)))).tangents().isZero(0));
}
