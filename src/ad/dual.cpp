#include "unroll/ad/dual.hpp"

#include <fmt/format.h>

#include <atomic>
#include <utility>
#include <vector>

#include "ad/adaptors.hpp"
#include "unroll/ad/operators.hpp"
#include "unroll/error.hpp"

namespace unroll {

Dual::Dual(double value, const Eigen::RowVectorXd& tangents)
    : block_(ad::value_and_tangents(value, tangents)) {
  static std::atomic<ad::Seed> last{0};
  if (tangents.size() == 1 && tangents[0] == 1) seed_ = ++last;
}

ad::TakenTangents Dual::tangents() && { return std::as_const(*this).tangents(); }

Dual& Dual::operator+=(const Dual& other) & { return *this = *this + other; }
Dual& Dual::operator-=(const Dual& other) & { return *this = *this - other; }
Dual& Dual::operator*=(const Dual& other) & { return *this = *this * other; }
Dual& Dual::operator/=(const Dual& other) & { return *this = *this / other; }

DualArray::DualArray(ad::Shape shape, const Eigen::Ref<const Vector>& value, const Matrix& tangents)
    : shape_(shape), block_(ad::fresh_block(shape.size(), 1 + tangents.cols())) {
  if (tangents.rows() != shape.size())
    throw ShapeError(fmt::format("dual array: {} entries, tangents are {}x{}", shape.size(), tangents.rows(),
                                 tangents.cols()));
  block_.col(0) = value;
  block_.rightCols(tangents.cols()) = tangents;
}

namespace ad {

Seed common_seed(std::span<const Seeded> operands) {
  Seed common = 0;
  for (const Seeded& operand : operands)
    if (operand.seed != computed_seed) common = std::max(common, operand.seed);
  if (common == 0) return computed_seed;
  for (const auto& [seed, block] : operands)
    if (seed != common && seed != computed_seed && (block.rightCols(block.cols() - 1).array() != 0).any())
      throw UnsupportedError(
          "a Dual that was made a variable, by one tangent that is 1, meets other tangents: a derivative "
          "within a derivative would add them up. Seed all variables at once, a tangent each, as Dual(x, {1, "
          "0}) and Dual(y, {0, 1}), or take the inner derivative by gradient(f, y); a direction in several "
          "variables is a DualVector(x, direction)");
  return common;
}

namespace {

/// Blocks that dual arrays of this thread have left.
struct LeftBlocks {
  static constexpr Index least = Index{1} << 14;  // entries; smaller ones malloc keeps itself
  static constexpr Index most = Index{1} << 23;   // of all together
  static constexpr std::size_t places = 16;
  std::vector<Matrix> blocks{};
  Index entries = 0;
  static inline thread_local bool is_gone = false;  // arrays of static storage may outlive it
  LeftBlocks() { blocks.reserve(places); }
  ~LeftBlocks() { is_gone = true; }
  static LeftBlocks& own() {
    static thread_local LeftBlocks left;
    return left;
  }
};

}  // namespace

Matrix fresh_block(Index rows, Index cols) {
  if (rows * cols >= LeftBlocks::least && !LeftBlocks::is_gone) {
    LeftBlocks& left = LeftBlocks::own();
    for (Matrix& block : left.blocks) {
      if (block.size() != rows * cols) continue;
      left.entries -= block.size();
      Matrix found = std::move(block);
      std::swap(block, left.blocks.back());
      left.blocks.pop_back();
      found.resize(rows, cols);
      return found;
    }
  }
  return Matrix(rows, cols);
}

void leave_block(Matrix&& block) noexcept {
  if (block.size() < LeftBlocks::least || LeftBlocks::is_gone) return;
  try {
    LeftBlocks& left = LeftBlocks::own();
    if (left.blocks.size() == LeftBlocks::places || left.entries + block.size() > LeftBlocks::most) {
      left.blocks.clear();  // sizes have changed, as a rule
      left.entries = 0;
    }
    if (block.size() > LeftBlocks::most) return;
    left.entries += block.size();
    left.blocks.push_back(std::move(block));
  } catch (...) {  // no memory to keep memory: it is freed
  }
}

Shape same_shape(const char* operation, Shape a, Shape b) {
  if (a != b)
    throw ShapeError(
        fmt::format("{}: left is {}x{}, right is {}x{}", operation, a.rows, a.cols, b.rows, b.cols));
  return a;
}

Index common_columns(std::initializer_list<Index> columns) {
  Index common = 1;
  for (const Index c : columns) {
    if (c == 1) continue;
    if (common != 1 && common != c)
      throw ShapeError(fmt::format("dual arrays of {} and {} tangents meet", common - 1, c - 1));
    common = c;
  }
  return common;
}

DualArray scaled(double factor, const DualArray& x) {
  Matrix y = fresh_block(x.block().rows(), x.block().cols());
  y = factor * x.block();
  return {x.shape(), std::move(y), x.block().half(), x.seed()};
}

DualArray sum_of(const DualArray& left, const DualArray& right, double sign, const char* operation) {
  same_shape(operation, left.shape(), right.shape());
  const ConstBlock a = left.block();
  const ConstBlock b = right.block();
  const Index columns = common_columns({a.cols(), b.cols()});
  const Seed seed = seed_of(left, right);
  Matrix sum = fresh_block(a.rows(), columns);
  if (a.cols() == b.cols()) {
    sum = a + sign * b;
    return {left.shape(), std::move(sum), half_of(a, b), seed};
  }
  sum.setZero();
  sum.leftCols(a.cols()) = a;
  sum.leftCols(b.cols()) += sign * b;
  return {left.shape(), std::move(sum), half_of(a, b), seed};
}

template <Function function>
Dual function_of(const Dual& a) {
  using F = Elementary<function>;
  const ConstBlock x = a.block();
  const double y = F::value(x.data()[0]);
  const double slope = F::slope(F::saves_output ? y : x.data()[0]);
  FewNumbers block(x.cols());
  double* const out = block.data();
  out[0] = y;
  for (Index j = 1; j < x.cols(); ++j) out[j] = chain_through<F>(slope, x.data()[j]);
  const Index half = x.half();
  for (Index j = 1; j < half; ++j) out[half + j] = last_of(value_at<F>(jet(x, 0, j, half), y));
  return Dual(std::move(block), half, a.seed());
}

template <auto function>
Dual function_of(const Dual& a, const Dual& b) {
  using F = Elementary<function>;
  const ConstBlock left = a.block(), right = b.block();
  const double y = F::value(left.data()[0], right.data()[0]);
  if (left.cols() != right.cols() && left.cols() > 1 && right.cols() > 1) [[unlikely]]
    throw ShapeError(fmt::format("dual numbers of {} and {} tangents meet", a.directions(), b.directions()));
  const Seed seed = left.cols() == 1 ? b.seed() : right.cols() == 1 ? a.seed() : seed_of(a, b);
  FewNumbers block(std::max(left.cols(), right.cols()));
  double* const out = block.data();
  out[0] = y;
  std::fill(out + 1, out + block.size(), 0.0);
  const auto add = [out](const ConstBlock& x, double partial) {
    for (Index j = 1; j < x.cols(); ++j) out[j] += chain_through<F>(partial, x.data()[j]);
  };
  if (left.cols() > 1) add(left, F::partial_a(left.data()[0], right.data()[0], y));
  if (right.cols() > 1) add(right, F::partial_b(left.data()[0], right.data()[0], y));
  const Index half = half_of(left, right);
  for (Index j = 1; j < half; ++j)
    out[half + j] = last_of(value_of_two<F>(jet(left, 0, j, half), jet(right, 0, j, half)));
  return Dual(std::move(block), half, seed);
}

#define UNROLL_FUNCTION(name, s, of_x, slope_of_s, bend_of_s, twist_of_s) \
  template Dual function_of<Function::name>(const Dual&);
#define UNROLL_OF_TWO(function) template Dual function_of<function>(const Dual&, const Dual&);
#define UNROLL_FUNCTION_OF_TWO(name, of_ab, in_a, in_b) UNROLL_OF_TWO(FunctionOfTwo::name)
#include "unroll/ad/function_list.hpp"
UNROLL_OF_TWO(Operation::plus)
UNROLL_OF_TWO(Operation::minus)
UNROLL_OF_TWO(Operation::times)
UNROLL_OF_TWO(Operation::divide)
#undef UNROLL_OF_TWO

}  // namespace ad
}  // namespace unroll
