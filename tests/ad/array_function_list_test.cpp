#include <algorithm>
#include <fstream>
#include <set>

#include "ad/check_rule.hpp"
#include "support/function_cases.hpp"
#include "unroll/ad/along.hpp"
#include "unroll/ad/assembly.hpp"
#include "unroll/ad/factorisation.hpp"
#include "unroll/ad/mixed_arithmetic.hpp"
#include "unroll/ad/sparse.hpp"
#include "unroll/ad/unpack.hpp"

/// Every function of arrays that the language promises (promised_functions.txt), one row each, of arrays of
/// several entries, of one, and of none; of two arguments, of the same one twice.
namespace unroll::test::array_functions {
namespace {

enum class Operand { vector, matrix, square, definite };
enum class Empty { works, may_be_refused };

struct Row {
  std::string name;
  Operand operand;
  Empty empty;
  ErasedRule (*rule)(const Matrix& at);
};

// F captures nothing.
template <class F>
Row row_of(const char* name, Operand operand, const F&, Empty empty = Empty::works) {
  return {name, operand, empty, [](const Matrix& at) {
            constexpr std::index_sequence<0> one{};
            // (A generic lambda of vectors need not compile for matrices.)
            if constexpr (std::is_invocable_v<F, Matrix, int>) {
              static constexpr auto f = [](const auto& x) { return F{}(x, 0); };
              return rule::erased(f, one, at);
            } else {
              static constexpr F f{};
              return rule::erased(f, one, Vector(at.reshaped()));
            }
          }};
}
// A function of a vector; of a matrix.
#define OF_VECTOR(name, ...) row_of(name, Operand::vector, [](const auto& x) { return __VA_ARGS__; })
#define OF_MATRIX(name, operand, ...) \
  row_of(name, Operand::operand, [](const auto& x, int) { return __VA_ARGS__; })
// Of which there is none of nothing.
#define OF_SOME(name, ...) \
  row_of(                  \
      name, Operand::vector, [](const auto& x) { return __VA_ARGS__; }, Empty::may_be_refused)
#define OF_LINES(name, ...) \
  row_of(                   \
      name, Operand::matrix, [](const auto& x, int) { return __VA_ARGS__; }, Empty::may_be_refused)

/// A constant.
Matrix fixed(Index rows, Index cols) {
  return Matrix::NullaryExpr(rows, cols,
                             [](Index i, Index j) { return std::cos(double(2 * i + 3 * j + 1)); });
}
/// A regular one.
Matrix regular(Index n) { return fixed(n, n) + 4 * Matrix::Identity(n, n); }
Eigen::SparseMatrix<double> sparse(Index rows, Index cols) {
  Eigen::SparseMatrix<double> s = fixed(rows, cols).sparseView(0.5, 1);
  s.makeCompressed();
  return s;
}
LinearOperator op(Index n) {
  const Matrix a = fixed(n + 1, n);
  return {n + 1, n, [a](const Vector& v) { return Vector(a * v); },
          [a](const Vector& v) { return Vector(a.transpose() * v); }};
}
SparsePattern diagonal_pattern(Index n) {
  const Matrix identity = Matrix::Identity(n, n);
  return SparsePattern(identity.sparseView());
}
struct Cubed {
  static Vector value(const Vector& x) { return x.array().cube(); }
  template <class V>
  static V pullback(const V& x, const V& w) {
    return cwise_product(3.0 * square(x), w);
  }
};
template <class V>
struct Halves {
  V first, second;
};
template <class V>
using scalar_in = scalar_t<std::decay_t<V>>;
template <class V>
using array_in = ad::array_t<std::decay_t<V>>;

const std::vector<Row>& rows_of_functions() {
  static const std::vector<Row> all{
      OF_VECTOR("segment", square(segment(x, 0, x.size() / 2))),
      OF_VECTOR("head", cwise_product(head(x, x.size() / 2), head(x, x.size() / 2))),
      OF_VECTOR("tail", square(tail(x, x.size() / 2))),
      OF_VECTOR("concatenate", square(concatenate(x, x))),
      OF_VECTOR("assemble",
                square(assemble(std::vector<scalar_in<decltype(x)>>(2, scalar_in<decltype(x)>(sum(x)))))),
      OF_MATRIX("row_sums", matrix, square(row_sums(x))),
      OF_MATRIX("column_sums", matrix, square(column_sums(x))),
      OF_LINES("row_max", square(row_max(x))),
      OF_LINES("column_max", square(column_max(x))),
      OF_MATRIX("row_norms", matrix, square(row_norms(x))),
      OF_MATRIX("column_norms", matrix, square(column_norms(x))),
      OF_LINES("row_log_sum_exp", row_log_sum_exp(x)),
      OF_LINES("column_log_sum_exp", column_log_sum_exp(x)),
      OF_LINES("row_softmax", row_softmax(x)),
      OF_LINES("column_softmax", column_softmax(x)),
      OF_LINES("row_means", square(row_means(x))),
      OF_LINES("column_means", square(column_means(x))),
      OF_MATRIX("cholesky_factor", definite, cholesky_factor(x)),
      OF_MATRIX("log_det", square, log_det(x)),
      OF_MATRIX("log_det_cholesky", definite, log_det_cholesky(x)),
      OF_MATRIX("inverse", square, inverse(x)),
      OF_MATRIX("quadratic_form", square, quadratic_form(x, row_sums(x))),
      OF_MATRIX("eigenvalues", definite, eigenvalues(x)),
      OF_MATRIX("symmetric_eigen", definite, symmetric_eigen(x).vectors),
      OF_MATRIX("singular_values", square, singular_values(x)),
      OF_MATRIX("cwise_product", matrix, cwise_product(x, x)),
      OF_MATRIX("cwise_quotient", matrix, cwise_quotient(x, 1.0 + square(x))),
      OF_VECTOR("factor.solve", square(Factorisation::lu(regular(x.size())).solve(x))),
      OF_VECTOR("factor.solve_transposed", square(Factorisation::lu(regular(x.size())).solve_transposed(x))),
      OF_MATRIX("A * x", matrix, square(fixed(2, x.rows()) * x)),
      OF_MATRIX("x * B", matrix, square(x * fixed(x.cols(), 2))),
      OF_MATRIX("x * y", square, x * x),
      OF_MATRIX("transpose", matrix, square(transpose(x))),
      OF_VECTOR("sparse * x", square(sparse(3, x.size()) * x)),
      OF_VECTOR("sparse.transpose() * x", square(sparse(x.size(), 3).transpose() * x)),
      OF_VECTOR("op * x", square(op(x.size()) * x)),
      OF_VECTOR("transpose_product", square(transpose_product(op(x.size()), op(x.size()) * x))),
      OF_MATRIX("Constant(A) * x", matrix, square(Constant(fixed(2, x.rows())) * x)),
      OF_MATRIX("x * Constant(B)", matrix, square(x * Constant(fixed(x.cols(), 2)))),
      OF_MATRIX("x + s", matrix, square(x + sum(flatten(x)))),
      OF_MATRIX("x - s", matrix, square(x - sum(flatten(x)))),
      OF_MATRIX("s + x", matrix, square(1.5 + x)),
      OF_MATRIX("s - x", matrix, square(sum(flatten(x)) - x)),
      OF_VECTOR("x += y", [](array_in<decltype(x)> y) { return y += square(y); }(x)),
      OF_VECTOR("x -= y", [](array_in<decltype(x)> y) { return y -= square(y); }(x)),
      OF_VECTOR("x *= s", [](array_in<decltype(x)> y) { return y *= sum(y); }(x)),
      OF_VECTOR("x /= s", [](array_in<decltype(x)> y) { return y /= 1.0 + squared_norm(y); }(x)),
      OF_MATRIX("a + b", matrix, square(x + square(x))),
      OF_MATRIX("a - b", matrix, square(x - square(x))),
      OF_MATRIX("-x", matrix, square(-x)),
      OF_MATRIX("s * x", matrix, sum(flatten(x)) * x),
      OF_MATRIX("x / s", matrix, x / (1.0 + squared_norm(flatten(x)))),
      OF_VECTOR("apply<Mine>", apply<Cubed>(x)),
      OF_VECTOR("soft_threshold", square(soft_threshold(x, 0.3))),
      OF_VECTOR("box_projection", square(box_projection(x, -0.4, 0.6))),
      OF_VECTOR("dot", dot(x, x) * dot(x, x)),
      OF_VECTOR("sum", sum(x) * sum(x)),
      OF_SOME("mean", mean(x) * mean(x)),
      OF_VECTOR("squared_norm", squared_norm(x)),
      OF_VECTOR("norm", norm(x) * sum(x)),
      OF_SOME("log_sum_exp", log_sum_exp(x)),
      OF_SOME("max", max(x) * max(x)),
      OF_SOME("min", min(x) * min(x)),
      OF_MATRIX("solve_cholesky", definite, solve_cholesky(x, x * fixed(x.rows(), 2))),
      OF_MATRIX("solve_lu", square, solve_lu(x, row_sums(x))),
      OF_MATRIX("solve_lower", square, solve_lower(x, row_sums(x))),
      OF_MATRIX("solve_upper", square, solve_upper(x, row_sums(x))),
      OF_VECTOR("pattern.matrix", diagonal_pattern(x.size()).matrix(square(x)) * fixed(x.size(), 2)),
      OF_VECTOR("K * x", diagonal_pattern(x.size()).matrix(x) * x),
      OF_MATRIX("reshape", matrix, square(reshape(x, x.cols(), x.rows()))),
      OF_MATRIX("flatten", matrix, square(flatten(x))),
      OF_MATRIX("block", matrix, square(block(x, 0, 0, x.rows(), x.cols() / 2))),
      OF_MATRIX("rows", matrix, square(rows(x, 0, x.rows() / 2))),
      OF_MATRIX("columns", matrix, square(columns(x, 0, x.cols() / 2))),
      OF_LINES("row", square(row(x, x.rows() - 1))),
      OF_LINES("column", square(column(x, x.cols() - 1))),
      OF_VECTOR("repeat_columns", square(repeat_columns(x, 3))),
      OF_VECTOR("repeat_rows", square(repeat_rows(x, 3))),
      OF_SOME("gather", square(gather(x, {0, 0, x.size() - 1}))),
      OF_VECTOR("scatter", square(scatter(x, std::vector<Index>(static_cast<std::size_t>(x.size()), 1), 3))),
      OF_VECTOR("cumulative_sum", square(cumulative_sum(x))),
      OF_MATRIX("diagonal", matrix, square(diagonal(x))),
      OF_VECTOR("diagonal_matrix", diagonal_matrix(square(x))),
      OF_MATRIX("trace", square, trace(x) * trace(x)),
      OF_MATRIX("scale_rows", matrix, scale_rows(row_sums(x), x)),
      OF_MATRIX("scale_columns", matrix, scale_columns(x, column_sums(x))),
      OF_VECTOR("where", where(Matrix(fixed(x.size(), 1).array().sign().cwiseMax(0.0)), square(x), exp(x))),
      OF_VECTOR("clamp", square(clamp(x, -0.4, 0.6))),
      OF_VECTOR("outer", outer(x, x)),
      OF_VECTOR("packed_size", double(packed_size(Halves<Vector>{Vector(2), Vector(x.size())})) * square(x)),
      OF_VECTOR("unpack",
                square(unpack(x, Halves<Vector>{Vector(x.size() / 2), Vector((x.size() + 1) / 2)}).second)),
      OF_VECTOR("pack", square(pack(Halves<array_in<decltype(x)>>{x, square(x)}))),
      OF_VECTOR("value_of", cwise_product(Vector(Vector::Ones(value_of(x).size())), square(x))),
      OF_VECTOR("from_columns", square(from_columns(std::vector<array_in<decltype(x)>>{x, square(x)}))),
      OF_VECTOR("from_rows", square(from_rows(std::vector<array_in<decltype(x)>>{x, square(x)}))),
      OF_MATRIX("from_blocks", matrix,
                square(from_blocks(std::vector<std::vector<array_in<decltype(x)>>>{{x, x}, {x, square(x)}}))),
  };
  return all;
}

#undef OF_VECTOR
#undef OF_MATRIX
#undef OF_SOME
#undef OF_LINES

/// Operands of the sizes that a row is tried at, several entries first.
std::vector<Matrix> operands(Operand kind) {
  std::vector<Matrix> all;
  if (kind == Operand::vector) {
    for (const Index n : {5, 1, 0}) all.push_back(point(n));
  } else if (kind == Operand::matrix) {
    for (const auto& [m, n] : {std::pair{3, 4}, {1, 1}, {0, 3}, {3, 0}, {0, 0}})
      all.push_back(matrix_point(m, n));
  } else {
    for (const Index n : {3, 1, 0}) {
      const Matrix b = matrix_point(n, n);
      all.push_back(kind == Operand::square ? Matrix(b + 6.0 * Matrix::Identity(n, n))
                                            : Matrix(b * b.transpose() + Matrix::Identity(n, n)));
    }
  }
  return all;
}

TEST_CASE("every function of arrays is differentiated to third order, of several entries, one and none") {
  for (const Row& row : rows_of_functions()) {
    CAPTURE(row.name);
    const RuleOptions options{.symmetric = row.operand == Operand::definite};
    for (const Matrix& at : operands(row.operand)) {
      CAPTURE(at.rows());
      CAPTURE(at.cols());
      try {
        CHECK(failures(row.rule(at), options) == "");
      } catch (const std::exception& error) {
        CAPTURE(error.what());
        const bool may_be_refused = at.size() == 0 && row.empty == Empty::may_be_refused;
        CHECK(may_be_refused);
      }
    }
  }
}

TEST_CASE("every promised function has a row") {
  std::set<std::string> rows, promised;
  for (const Row& row : rows_of_functions()) CHECK(rows.insert(row.name).second);
  for (const CaseOfOne& row : cases_of_one()) rows.insert(row.name);
  for (const CaseOfTwo& row : cases_of_two()) rows.insert(row.name);
  std::ifstream file(UNROLL_TESTS_DIR "/ad/promised_functions.txt");
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line.front() != '#') promised.insert(line);
  REQUIRE(promised.size() > 100);
  std::vector<std::string> missing;
  std::set_difference(promised.begin(), promised.end(), rows.begin(), rows.end(),
                      std::back_inserter(missing));
  CHECK(missing == std::vector<std::string>{});
}

}  // namespace
}  // namespace unroll::test::array_functions
