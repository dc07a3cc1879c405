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

inline bool carries_derivative(const Var& x) { return !x.is_constant(); }
inline bool carries_derivative(const Dual& x) { return x.directions() > 0; }

template <class S>
struct EigenNumTraits : Eigen::NumTraits<double> {
  using Real = S;
  using NonInteger = S;
  using Nested = S;
  using Literal = double;
  enum {
    IsComplex = 0,
    IsInteger = 0,
    IsSigned = 1,
    RequireInitialization = 1,
    ReadCost = 2,
    AddCost = 8,
    MulCost = 8
  };
};

template <class S>
struct EigenLimits : std::numeric_limits<double> {
  static S epsilon() { return S(std::numeric_limits<double>::epsilon()); }
  static S max() { return S(std::numeric_limits<double>::max()); }
  static S lowest() { return S(std::numeric_limits<double>::lowest()); }
  static S infinity() { return S(std::numeric_limits<double>::infinity()); }
  static S quiet_NaN() { return S(std::numeric_limits<double>::quiet_NaN()); }
  /// Below zero, on purpose: see above.
  static S min() { return S(-1.0); }
};
}  // namespace unroll::ad

namespace Eigen {
// Eigen's iterations to eigen- and singular values skip entries that are exactly zero, and their derivatives
// with them.
template <class>
class SelfAdjointEigenSolver;
template <class>
class EigenSolver;
#define UNROLL_REFUSED(Decomposition, parameters, arguments)                                \
  template <unroll::ad::DerivativeScalar S, int R, int C, int O, int MR, int MC parameters> \
  class Decomposition<Matrix<S, R, C, O, MR, MC> arguments> {                               \
    static_assert(unroll::ad::never<S>, #Decomposition                                      \
                  " of variables loses derivatives of exact zeros: make a "                 \
                  "VarMatrix and use unroll's "                                             \
                  "symmetric_eigen, eigenvalues or singular_values");                       \
  }
#define UNROLL_COMMA ,
UNROLL_REFUSED(SelfAdjointEigenSolver, , );
UNROLL_REFUSED(EigenSolver, , );
UNROLL_REFUSED(BDCSVD, , );
UNROLL_REFUSED(JacobiSVD, UNROLL_COMMA int preconditioner, UNROLL_COMMA preconditioner);
#undef UNROLL_COMMA
#undef UNROLL_REFUSED

template <>
struct NumTraits<unroll::Var> : unroll::ad::EigenNumTraits<unroll::Var> {};
template <>
struct NumTraits<unroll::Dual> : unroll::ad::EigenNumTraits<unroll::Dual> {};

template <unroll::ad::DerivativeScalar S, class Operation>
struct ScalarBinaryOpTraits<S, double, Operation> {
  using ReturnType = S;
};
template <unroll::ad::DerivativeScalar S, class Operation>
struct ScalarBinaryOpTraits<double, S, Operation> {
  using ReturnType = S;
};

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

template <>
class std::numeric_limits<unroll::Var> : public unroll::ad::EigenLimits<unroll::Var> {};
template <>
class std::numeric_limits<unroll::Dual> : public unroll::ad::EigenLimits<unroll::Dual> {};
