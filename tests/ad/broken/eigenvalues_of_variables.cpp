// expect: SelfAdjointEigenSolver of variables loses derivatives of exact zeros
#include <Eigen/Eigenvalues>

#include "unroll/ad/gradient.hpp"

unroll::Var wrong(const Eigen::Matrix<unroll::Var, Eigen::Dynamic, Eigen::Dynamic>& a) {
  return Eigen::SelfAdjointEigenSolver<Eigen::Matrix<unroll::Var, Eigen::Dynamic, Eigen::Dynamic>>(a)
      .eigenvalues()[0];
}
