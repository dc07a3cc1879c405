#include "unroll/ad/dual.hpp"

#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "ad/adaptors.hpp"
#include "unroll/ad/operators.hpp"
#include "unroll/error.hpp"

namespace unroll {

Dual::Dual(double value, const Eigen::RowVectorXd& tangents)
    : block_(ad::value_and_tangents(value, tangents)) {
  static std::atomic<ad::Perturbation> last{0};
  if (tangents.size() == 1 && tangents[0] == 1) perturbation_ = ++last;
}

ad::TakenTangents Dual::tangents() && { return std::as_const(*this).tangents(); }

namespace ad {

Perturbation common_perturbation(std::span<const Perturbed> operands) {
  Perturbation common = 0;
  for (const Perturbed& operand : operands)
    if (operand.perturbation != computed_perturbation) common = std::max(common, operand.perturbation);
  if (common == 0) return computed_perturbation;
  for (const auto& [perturbation, block] : operands)
    if (perturbation != common && perturbation != computed_perturbation &&
        (block.rightCols(block.cols() - 1).array() != 0).any())
      throw UnsupportedError(
          "a Dual that was made a variable, by one tangent that is 1, meets other tangents: a derivative "
          "within a derivative would add them up. Seed all variables at once, a tangent each, as Dual(x, {1, "
          "0}) and Dual(y, {0, 1}), or take the inner derivative by gradient(f, y); a direction in several "
          "variables is a DualVector(x, direction)");
  return common;
}

namespace {

using Row = Eigen::RowVectorXd;

Eigen::Map<const Row> tangents_of(const ConstBlock& x) { return {x.data() + 1, x.cols() - 1}; }

/// Whether the chain rule through a partial derivative is a product for every cotangent.
template <class F>
bool is_product(double partial) {
  return std::isfinite(partial) && !(F::is_selection && partial == 0);
}

}  // namespace

template <Function function>
Dual function_of(const Dual& a) {
  using F = Elementary<function>;
  const ConstBlock x = a.block();
  const double y = F::value(x.data()[0]);
  const double slope = F::slope(F::saves_output ? y : x.data()[0]);
  const Index half = x.half();
  FewNumbers block(x.cols());
  if (!is_product<F>(slope))
    for (Index j = 1; j < x.cols(); ++j) block.data()[j] = chain_through<F>(slope, x.data()[j]);
  else if (block.are_few())
    block.become(y, slope * a.numbers().tangents(), x.cols());
  else
    Eigen::Map<Row>(block.data() + 1, x.cols() - 1) = slope * tangents_of(x);
  block.data()[0] = y;
  for (Index j = 1; j < half; ++j) block.data()[half + j] = last_of(value_at<F>(jet(x, 0, j, half), y));
  return Dual(std::move(block), half, a.perturbation());
}

}  // namespace ad

template <auto function>
Dual& Dual::make_any(const Dual& a, const Dual& b) {
  using F = ad::Elementary<function>;
  const ad::ConstBlock left = a.block(), right = b.block();
  if (left.cols() != right.cols() && left.cols() > 1 && right.cols() > 1) [[unlikely]]
    throw ShapeError(fmt::format("dual numbers of {} and {} tangents meet", a.directions(), b.directions()));
  const Index columns = std::max(left.cols(), right.cols()), half = ad::half_of(left, right);
  if (columns != block_.size() || (half > 0 && (this == &a || this == &b))) {
    Dual y{ad::FewNumbers(columns)};
    y.make_any<function>(a, b);
    return *this = std::move(y);
  }
  const ad::Perturbation perturbation = left.cols() == 1    ? b.perturbation()
                                        : right.cols() == 1 ? a.perturbation()
                                                            : ad::perturbation_of(a, b);
  const double u = left.data()[0], v = right.data()[0], y = F::value(u, v);
  const double in_a = left.cols() > 1 ? F::partial_a(u, v, y) : 0;
  const double in_b = right.cols() > 1 ? F::partial_b(u, v, y) : 0;
  Eigen::Map<ad::Row> tangents(block_.data() + 1, columns - 1);
  if (!ad::is_product<F>(in_a) || !ad::is_product<F>(in_b))
    for (Index j = 1; j < columns; ++j)
      tangents[j - 1] = ad::chain_through<F>(in_a, ad::entry(left, 0, j)) +
                        ad::chain_through<F>(in_b, ad::entry(right, 0, j));
  else if (right.cols() == 1)
    tangents = in_a * ad::tangents_of(left);
  else if (left.cols() == 1)
    tangents = in_b * ad::tangents_of(right);
  else
    tangents = in_a * ad::tangents_of(left) + in_b * ad::tangents_of(right);
  block_.data()[0] = y;
  for (Index j = 1; j < half; ++j)
    block_.data()[half + j] =
        ad::last_of(ad::value_of_two<F>(ad::jet(left, 0, j, half), ad::jet(right, 0, j, half)));
  half_ = half;
  perturbation_ = perturbation;
  return *this;
}

#define UNROLL_FUNCTION(name, s, of_x, slope_of_s, bend_of_s, twist_of_s) \
  template Dual ad::function_of<ad::Function::name>(const Dual&);
#define UNROLL_OF_TWO(function) template Dual& Dual::make_any<ad::function>(const Dual&, const Dual&);
#define UNROLL_FUNCTION_OF_TWO(name, of_ab, in_a, in_b) UNROLL_OF_TWO(FunctionOfTwo::name)
#include "unroll/ad/function_list.hpp"
UNROLL_OF_TWO(Operation::plus)
UNROLL_OF_TWO(Operation::minus)
UNROLL_OF_TWO(Operation::times)
UNROLL_OF_TWO(Operation::divide)
#undef UNROLL_OF_TWO

}  // namespace unroll
