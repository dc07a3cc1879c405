// expect: make a VarMatrix and use unroll's symmetric_eigen, eigenvalues or singular_values
#include <Eigen/Eigenvalues>

#include "unroll/unroll.hpp"

unroll::Var wrong(const Eigen::Matrix<unroll::Var, Eigen::Dynamic, Eigen::Dynamic>& a) {
  return Eigen::SelfAdjointEigenSolver<Eigen::Matrix<unroll::Var, Eigen::Dynamic, Eigen::Dynamic>>(a)
      .eigenvalues()[0];
}
