// expect: make a VarMatrix and use unroll's symmetric_eigen, eigenvalues or singular_values
#include <Eigen/Eigenvalues>

#include "unroll/unroll.hpp"

unroll::Dual wrong(const Eigen::Matrix<unroll::Dual, Eigen::Dynamic, Eigen::Dynamic>& a) {
  return Eigen::RealSchur<Eigen::Matrix<unroll::Dual, Eigen::Dynamic, Eigen::Dynamic>>(a).matrixT()(0, 0);
}
