#include <Eigen/Eigenvalues>

#include "unroll/ad/gradient.hpp"

using namespace unroll;

Matrix ours(Tape& tape, const VarVector& x) {
  Var y = x[0];
  y = 7.0;
  y += x[1];
  const VarVector z = x + x;
  std::vector<Seed> seeds{{z, Matrix::Ones(2, 1)}};
  return tape.sweep(seeds).adjoint(x);
}
