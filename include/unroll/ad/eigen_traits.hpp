#pragma once

#include <limits>

#include "unroll/ad/assignment.hpp"
#include "unroll/ad/dual.hpp"
#include "unroll/ad/var.hpp"

/// `Var` and `Dual` as scalars of Eigen's matrices: arithmetic, products, decompositions.
/// Eigen 3.4 skips work where a number is exactly zero, and would drop the derivative that the zero carries:
/// triangular solves compare the right-hand side with 0 through `not_equal_strict`, Householder vectors
/// compare the tail with `numeric_limits::min()`. Both are told here that a zero with a derivative is not
/// nothing.

namespace unroll::ad {
template <class T>
concept DerivativeScalar = std::is_same_v<T, Var> || std::is_same_v<T, Dual>;

/// Of two matrices, that one is plain and the other holds variables.
template <class R, class L>
concept OtherThan = (std::is_same_v<typename L::Scalar, double> && DerivativeScalar<typename R::Scalar>) ||
                    (DerivativeScalar<typename L::Scalar> && std::is_same_v<typename R::Scalar, double>);

inline bool carries_derivative(const Var& x) { return !x.is_constant(); }
inline bool carries_derivative(const Dual& x) { return x.directions() > 0; }

/// What a refused decomposition is asked for, so that nothing more is said of it.
template <class S>
struct RefusedDecomposition {
  static_assert(
      never<S>,
      "Eigen's eigen- and singular value decompositions of variables, and what they consist of, lose "
      "derivatives of exact zeros: "
      "make a VarMatrix and use unroll's symmetric_eigen, eigenvalues or singular_values");
  using Vector = Eigen::Matrix<S, Eigen::Dynamic, 1>;
  using Matrix = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic>;
  RefusedDecomposition& compute(const auto&...);
  Vector eigenvalues() const;
  Vector singularValues() const;
  Vector diagonal() const;
  Vector subDiagonal() const;
  Matrix eigenvectors() const;
  Matrix matrixH() const;
  Matrix matrixQ() const;
  Matrix matrixS() const;
  Matrix matrixT() const;
  Matrix matrixU() const;
  Matrix matrixV() const;
  Matrix matrixZ() const;
};
}  // namespace unroll::ad

namespace Eigen {
// Eigen's iterations to eigen- and singular values skip entries that are exactly zero, and their derivatives
// with them.
#define UNROLL_REFUSED(Decomposition, parameters, arguments)                                               \
  template <class parameters>                                                                              \
  class Decomposition;                                                                                     \
  template <unroll::ad::DerivativeScalar S, int R, int C, int O, int MR, int MC parameters>                \
  class Decomposition<Matrix<S, R, C, O, MR, MC> arguments> : public unroll::ad::RefusedDecomposition<S> { \
   public:                                                                                                 \
    template <class... T>                                                                                  \
    explicit Decomposition(const T&...);                                                                   \
  }
#define UNROLL_COMMA ,
UNROLL_REFUSED(SelfAdjointEigenSolver, , );
UNROLL_REFUSED(EigenSolver, , );
UNROLL_REFUSED(ComplexEigenSolver, , );
UNROLL_REFUSED(GeneralizedEigenSolver, , );
UNROLL_REFUSED(GeneralizedSelfAdjointEigenSolver, , );
UNROLL_REFUSED(HessenbergDecomposition, , );
UNROLL_REFUSED(RealQZ, , );
UNROLL_REFUSED(RealSchur, , );
UNROLL_REFUSED(Tridiagonalization, , );
UNROLL_REFUSED(BDCSVD, , );
UNROLL_REFUSED(JacobiSVD, UNROLL_COMMA int preconditioner, UNROLL_COMMA preconditioner);
#undef UNROLL_COMMA
#undef UNROLL_REFUSED

template <unroll::ad::DerivativeScalar S>
struct NumTraits<S> : NumTraits<double> {
  using Real = S;
  using NonInteger = S;
  using Nested = S;
  using Literal = double;
  enum { RequireInitialization = 1, ReadCost = 2, AddCost = 8, MulCost = 8 };
};

template <unroll::ad::DerivativeScalar S, class Operation>
struct ScalarBinaryOpTraits<S, double, Operation> {
  using ReturnType = S;
};
template <unroll::ad::DerivativeScalar S, class Operation>
struct ScalarBinaryOpTraits<double, S, Operation> {
  using ReturnType = S;
};

namespace internal {
/// Products of plain matrices and matrices of variables go entry by entry: Eigen's blocked one mixes no
/// types.
template <class L, unroll::ad::OtherThan<L> R>
struct generic_product_impl<L, R, DenseShape, DenseShape, GemmProduct>
    : generic_product_impl<L, R, DenseShape, DenseShape, CoeffBasedProductMode> {};
}  // namespace internal
namespace numext {
template <>
inline bool not_equal_strict(const unroll::Var& x, const unroll::Var& y) {
  return x != y || unroll::ad::carries_derivative(x) || unroll::ad::carries_derivative(y);
}
template <>
inline bool not_equal_strict(const unroll::Dual& x, const unroll::Dual& y) {
  return x != y || unroll::ad::carries_derivative(x) || unroll::ad::carries_derivative(y);
}
}  // namespace numext
}  // namespace Eigen

template <unroll::ad::DerivativeScalar S>
class std::numeric_limits<S> : public std::numeric_limits<double> {
 public:
  static S epsilon() { return S(std::numeric_limits<double>::epsilon()); }
  static S max() { return S(std::numeric_limits<double>::max()); }
  static S lowest() { return S(std::numeric_limits<double>::lowest()); }
  static S infinity() { return S(std::numeric_limits<double>::infinity()); }
  static S quiet_NaN() { return S(std::numeric_limits<double>::quiet_NaN()); }
  /// Below zero, on purpose: see above.
  static S min() { return S(-1.0); }
};
