#pragma once

#include <Eigen/SparseCore>
#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>

#include "unroll/ad/elementwise.hpp"

/// How long a constant matrix, sparse matrix or operator lives that a recording
/// multiplies with. The sweep reads it again, so:
///  - a member of an object that `Tape::refer_to` was told of is referred to, and costs nothing;
///  - `std::cref(A)` is referred to, by the caller's word;
///  - `Constant(A)` is shared with the recording;
///  - anything else, a local, a temporary, a view of one, is copied, once while it stays as it is.
/// Code that runs inside a solver or a problem's f need not think of it: runs
/// refer to solver, problem and f.
namespace unroll {

/// A linear map R^cols → R^rows that is never formed: x ↦ A x and y ↦ Aᵀ y.
struct LinearOperator {
  Index rows = 0;                                        // entries of A x
  Index cols = 0;                                        // entries of x
  std::function<Vector(const Vector&)> apply;            // cols → rows
  std::function<Vector(const Vector&)> apply_transpose;  // rows → cols
};

/// A constant `Matrix`, sparse matrix or `LinearOperator` that recordings share: cheap to copy, and never
/// copied onto a tape. For data that lives in no solver or problem.
template <class M = Matrix>
class Constant {
 public:
  explicit Constant(M matrix) : matrix_(std::make_shared<const M>(std::move(matrix))) {}
  /// `matrix` itself, which must outlive, unchanged, every tape that meets it: what std::cref(matrix) says.
  static Constant referring_to(const M& matrix) {
    return Constant(std::shared_ptr<const M>(std::shared_ptr<const M>(), &matrix), ad::Side::plain);
  }
  /// A temporary would be gone: give it a name first.
  template <std::same_as<M> Temporary>
  static Constant referring_to(const Temporary&& temporary) {
    ad::refuse_temporary<Temporary>();
    return Constant(temporary);
  }

  /// The matrix as it was given, whatever transpose() was asked for.
  const M& stored() const { return *matrix_; }
  /// Its transpose, the same memory.
  Constant transpose() const { return Constant(matrix_, ad::other(side_)); }

  // For the engine.
  /// @cond engine
  ad::Side side() const { return side_; }
  const std::shared_ptr<const M>& owner() const { return matrix_; }
  /// @endcond

 private:
  Constant(std::shared_ptr<const M> matrix, ad::Side side) : matrix_(std::move(matrix)), side_(side) {}
  std::shared_ptr<const M> matrix_;
  ad::Side side_ = ad::Side::plain;
};

namespace ad {

using Sparse = Eigen::SparseMatrix<double>;
template <class M>
concept NamedConstant =
    std::is_same_v<M, Matrix> || std::is_same_v<M, Sparse> || std::is_same_v<M, LinearOperator>;

/// The recording that an operation on x becomes part of; null if none.
template <class A>
TapeCore* recording_of(const A& x) {
  if constexpr (TapedArray<A>)
    return x.is_constant() ? nullptr : x.core();
  else
    return nullptr;
}

template <class D>
MatrixView view_of(const D& matrix, Side side = Side::plain) {
  const Extent extent(Shape{matrix.outerStride(), matrix.outerSize()});  // checks the range of what follows
  const auto inner = static_cast<std::uint32_t>(matrix.innerSize()),
             outer = static_cast<std::uint32_t>(extent.cols());
  const MatrixView view{matrix.data(), inner, outer, static_cast<std::uint32_t>(extent.rows()), side};
  return D::IsRowMajor ? view.transposed() : view;
}

/// The object whose entries a matrix expression shows: the matrix itself, or what it is a view of.
template <class D>
const auto& home_of(const D& matrix) {
  if constexpr (requires { matrix.nestedExpression(); })
    return home_of(matrix.nestedExpression());
  else
    return matrix;
}

/// Calls f(view) with the matrix itself or its copy, see above.
template <class M, class A, class F>
auto with_view(M&& matrix, const A& x, const F& f) {
  using D = std::remove_cvref_t<M>;
  constexpr bool is_view = bool(D::Flags & Eigen::DirectAccessBit) && D::InnerStrideAtCompileTime == 1;
  TapeCore* const core = recording_of(x);
  if constexpr (is_view) {
    const MatrixView view = view_of(matrix);
    const auto& home = home_of(matrix);
    const bool is_there = core == nullptr || core->owns(home, static_cast<std::size_t>(home.size()));
    return is_there ? f(view) : f(core->keep(view));
  } else {
    const Matrix copy = matrix;
    return f(core == nullptr ? view_of(copy) : core->keep(view_of(copy)));
  }
}

/// The sparse matrix or operator itself or its copy, see above.
const Sparse& held(TapeCore* core, const Sparse& matrix);
const LinearOperator& held(TapeCore* core, const LinearOperator& op);

}  // namespace ad
}  // namespace unroll
