#include "unroll/ad/structure.hpp"

#include <fmt/format.h>

#include <numeric>

#include "ad/adaptors.hpp"
#include "ad/entrywise.hpp"
#include "ad/instantiate.hpp"
#include "unroll/ad/along.hpp"
#include "unroll/ad/assembly.hpp"
#include "unroll/ad/unpack.hpp"

namespace unroll::ad {

namespace {

// Entries of a rows × cols matrix from `offset`, a block of it; their columns are `stride` apart.
struct SubBlock {
  Index offset, stride;
  Shape shape;
  template <class Whole>
  auto part(Whole&& whole, Index j) const {
    using Data = std::conditional_t<std::is_const_v<std::remove_reference_t<decltype(*whole.data())>>,
                                    const Matrix, Matrix>;
    return Eigen::Map<Data, 0, Eigen::OuterStride<>>(whole.col(j).data() + offset, shape.rows, shape.cols,
                                                     Eigen::OuterStride<>(stride));
  }
  void forward(Block y, const ConstBlock& x, double alpha, Into into) const {
    for (Index j = 0; j < y.cols(); ++j)
      put(Block(y.col(j).data(), shape.rows, shape.cols), part(x, j), alpha, into);
  }
  void transposed(Block x, const ConstBlock& y, double alpha, Into into) const {
    if (into == Into::assign) x.setZero();
    for (Index j = 0; j < x.cols(); ++j)
      part(x, j) += alpha * ConstBlock(y.col(j).data(), shape.rows, shape.cols);
  }
};

// Sums along rows or columns of a matrix.
struct Sums {
  Along along;
  Shape shape;
  void forward(Block y, const ConstBlock& x, double alpha, Into into) const {
    for (Index j = 0; j < y.cols(); ++j) {
      const ConstBlock matrix(x.col(j).data(), shape.rows, shape.cols);
      if (along == Along::rows)
        put(y.col(j), matrix.rowwise().sum(), alpha, into);
      else
        put(y.col(j), matrix.colwise().sum().transpose(), alpha, into);
    }
  }
  void transposed(Block x, const ConstBlock& y, double alpha, Into into) const {
    for (Index j = 0; j < x.cols(); ++j) {
      Block matrix(x.col(j).data(), shape.rows, shape.cols);
      for (Index column = 0; column < shape.cols; ++column)
        if (along == Along::rows)
          put(matrix.col(column), y.col(j), alpha, into);
        else
          put(matrix.col(column), Vector::Constant(shape.rows, y(column, j)), alpha, into);
    }
  }
};

// y_k = x_{i_k}; the tape keeps the indices.
struct Gather {
  const std::vector<Index>* indices;
  void forward(Block y, const ConstBlock& x, double alpha, Into into) const {
    if (into == Into::assign) y.setZero();
    for (Index k = 0; k < y.rows(); ++k) y.row(k) += alpha * x.row((*indices)[static_cast<std::size_t>(k)]);
  }
  void transposed(Block x, const ConstBlock& y, double alpha, Into into) const {
    if (into == Into::assign) x.setZero();
    for (Index k = 0; k < y.rows(); ++k) x.row((*indices)[static_cast<std::size_t>(k)]) += alpha * y.row(k);
  }
};

struct CumulativeSum {
  static void forward(Block y, const ConstBlock& x, double alpha, Into into) {
    for (Index j = 0; j < y.cols(); ++j) {
      double sum = 0;
      for (Index i = 0; i < y.rows(); ++i) put(y(i, j), sum += x(i, j), alpha, into);
    }
  }
  static void transposed(Block x, const ConstBlock& y, double alpha, Into into) {
    for (Index j = 0; j < x.cols(); ++j) {
      double sum = 0;
      for (Index i = x.rows(); i-- > 0;) put(x(i, j), sum += y(i, j), alpha, into);
    }
  }
};

template <class E, class Map>
erased_result_t<E> linear(const Map& map, Shape shape, const E& x) {
  return evaluate_rule<Kind::array>(LinearRule{map}, shape, x);
}

// The indices, checked, as long as x's recording lives.
template <class E>
auto kept_indices(const char* operation, std::vector<Index> indices, Index size, const E& x) {
  for (const Index i : indices)
    if (i < 0 || i >= size) throw ShapeError(fmt::format("{}: index {}, of {} entries", operation, i, size));
  auto kept = std::make_shared<const std::vector<Index>>(std::move(indices));
  if (TapeCore* const core = core_of(x); core != nullptr) core->keep(kept);
  return kept;
}

}  // namespace

Index length_along(const char* operation, Shape shape, Along along) {
  const Index length = along == Along::rows ? shape.cols : shape.rows;
  if (length == 0)
    throw ShapeError(fmt::format("{}: of an array of {}x{}", operation, shape.rows, shape.cols));
  return length;
}
std::vector<Index> greatest_positions(const ConstBlock& x, Shape shape, Along along) {
  length_along("max", shape, along);
  const ConstBlock matrix(x.data(), shape.rows, shape.cols);
  std::vector<Index> positions;
  for (Index k = 0; k < (along == Along::rows ? shape.rows : shape.cols); ++k) {
    Index found = 0;
    if (along == Along::rows)
      matrix.row(k).maxCoeff<Eigen::PropagateNaN>(&found);
    else
      matrix.col(k).maxCoeff<Eigen::PropagateNaN>(&found);
    positions.push_back(along == Along::rows ? k + found * shape.rows : found + k * shape.rows);
  }
  return positions;
}

Vector greatest_values(const ConstBlock& x, Shape shape, Along along) {
  length_along("max", shape, along);
  const ConstBlock matrix(x.data(), shape.rows, shape.cols);
  if (along == Along::columns)
    return Vector::NullaryExpr(shape.cols,
                               [&](Index j) { return matrix.col(j).maxCoeff<Eigen::PropagateNaN>(); });
  Vector greatest = matrix.col(0);
  const auto greater = [](auto a, auto b) { return Eigen::internal::pmax<Eigen::PropagateNaN>(a, b); };
  for (Index j = 1; j < shape.cols; ++j)
    entrywise(greatest.data(), shape.rows, greater, greatest.data(), matrix.col(j).data());
  return greatest;
}

std::vector<Index> diagonal_positions(Index rows, Index cols) {
  std::vector<Index> positions(static_cast<std::size_t>(std::min(rows, cols)));
  for (std::size_t i = 0; i < positions.size(); ++i) positions[i] = static_cast<Index>(i) * (rows + 1);
  return positions;
}

Shifts shifts_of(const Vector& greatest) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return {greatest.array().isInf().select(0.0, greatest), (greatest.array() == -infinity).cast<double>(),
          (greatest.array() == infinity).cast<double>()};
}

Matrix infinite_entries(const ConstBlock& x, Shape shape) {
  return (x.col(0).array() == std::numeric_limits<double>::infinity())
      .cast<double>()
      .reshaped(shape.rows, shape.cols);
}

NormScales norm_scales(const ConstBlock& x, Shape shape, Along along) {
  const Vector magnitudes = x.col(0).cwiseAbs();
  const Vector greatest = greatest_values(ConstBlock(magnitudes.data(), shape.size(), 1), shape, along);
  constexpr double least = 1e-300;  // of which the reciprocal is a number
  NormScales all;
  all.none = (greatest.array() == 0).cast<double>();
  all.scale = (greatest.array() > 0 && greatest.array().isFinite()).select(greatest.cwiseMax(least), 1.0);
  all.inverse = (1.0 - all.none.array()) / all.scale.array();
  return all;
}

bool at_both_bounds(double x, double lower, double upper, Index entry) {
  if (lower > upper)
    throw DomainError(fmt::format("clamp: the lower bound {} is above the upper bound {}{}", lower, upper,
                                  entry < 0 ? "" : fmt::format(" at entry {}", entry)));
  return x == lower && x == upper;
}
Matrix at_both_bounds(const ConstBlock& x, const ConstBlock& lower, const ConstBlock& upper, Shape shape) {
  Matrix both(shape.rows, shape.cols);
  for (Index i = 0; i < both.size(); ++i)
    both(i) = at_both_bounds(x(i, 0), entry(lower, i, 0), entry(upper, i, 0), i) ? 1 : 0;
  return both;
}

void throw_entries(Index entries, Shape shape) {
  throw ShapeError(fmt::format("assemble: {} entries, not {}x{}", entries, shape.rows, shape.cols));
}
void check_part(const char* operation, const char* part, Index i, const char* what, Index found,
                Index wanted) {
  if (found != wanted)
    throw ShapeError(
        fmt::format("{}: {} {} has {} {}, the first {}", operation, part, i, found, what, wanted));
}

void throw_unpacked(Index size, Index wanted) {
  throw ShapeError(fmt::format("unpack: the vector has {} entries, the layout {}", size, wanted));
}

template <class E>
erased_result_t<E> reshaped(const E& x, Shape shape) {
  if (shape.rows < 0 || shape.cols < 0 || shape.size() != x.size())
    throw ShapeError(fmt::format("reshape: x has {} entries, not {}x{}", x.size(), shape.rows, shape.cols));
  if constexpr (std::is_same_v<E, PlainView>) {
    return PlainView(x.data(), shape.rows, shape.cols);
  } else if constexpr (std::is_same_v<E, DualArray>) {
    return DualArray(shape, x.block(), x.block().half(), x.perturbation());
  } else {
    return x.with_shape(shape);
  }
}
template <class E>
erased_result_t<E> sub_block(const E& x, const char* operation, Index row, Index col, Shape shape) {
  if (row < 0 || col < 0 || shape.rows < 0 || shape.cols < 0 || shape.rows > x.rows() ||
      shape.cols > x.cols() || row > x.rows() - shape.rows || col > x.cols() - shape.cols)
    throw ShapeError(fmt::format("{}: {}x{} from ({}, {}), matrix is {}x{}", operation, shape.rows,
                                 shape.cols, row, col, x.rows(), x.cols()));
  return linear(SubBlock{row + col * x.rows(), x.rows(), shape}, shape, x);
}
template <class E>
erased_result_t<E> sums(const E& x, Along along) {
  const Shape shape = shape_of(x);
  return linear(Sums{along, shape}, {along == Along::rows ? shape.rows : shape.cols, 1}, x);
}
template <class E>
erased_result_t<E> repeated(const E& x, Along along, Index times) {
  if (times < 0) throw ShapeError(fmt::format("repeat: {} times", times));
  const Shape shape = along == Along::rows ? Shape{x.size(), times} : Shape{times, x.size()};
  return linear(Flipped{Sums{along, shape}}, shape, x);
}
template <class E>
erased_result_t<E> gathered(const E& x, std::vector<Index> indices, Shape shape) {
  const auto kept = kept_indices("gather", std::move(indices), x.size(), x);
  return linear(Gather{kept.get()}, shape, x);
}
template <class E>
erased_result_t<E> scattered(const E& x, std::vector<Index> indices, Shape shape) {
  if (static_cast<Index>(indices.size()) != x.size())
    throw ShapeError(fmt::format("scatter: x has {} entries, {} indices", x.size(), indices.size()));
  if (shape.rows < 0) throw ShapeError(fmt::format("scatter: into {} entries", shape.rows));
  const auto kept = kept_indices("scatter", std::move(indices), shape.size(), x);
  return linear(Flipped{Gather{kept.get()}}, shape, x);
}
template <class E>
erased_result_t<E> cumulated(const E& x) {
  return linear(CumulativeSum{}, {x.size(), 1}, x);
}

#define UNROLL_WORLD(E)                                                                 \
  template erased_result_t<E> reshaped<E>(const E&, Shape);                             \
  template erased_result_t<E> sub_block<E>(const E&, const char*, Index, Index, Shape); \
  template erased_result_t<E> sums<E>(const E&, Along);                                 \
  template erased_result_t<E> repeated<E>(const E&, Along, Index);                      \
  template erased_result_t<E> gathered<E>(const E&, std::vector<Index>, Shape);         \
  template erased_result_t<E> scattered<E>(const E&, std::vector<Index>, Shape);        \
  template erased_result_t<E> cumulated<E>(const E&);
UNROLL_FOR_ERASED(UNROLL_WORLD)
#undef UNROLL_WORLD

}  // namespace unroll::ad
