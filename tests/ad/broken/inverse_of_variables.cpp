#include "unroll/ad/gradient.hpp"

// Eigen/Core declares inverse() and determinant(), Eigen/LU defines them: without it they would not link.
using Variables = Eigen::Matrix<unroll::Var, Eigen::Dynamic, Eigen::Dynamic>;
static_assert(sizeof(Eigen::PartialPivLU<Variables>) > 0);

Variables inverted(const Variables& a) { return a.inverse(); }
unroll::Var volume(const Variables& a) { return a.determinant(); }
