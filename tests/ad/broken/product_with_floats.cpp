// expect: of floats write `A.cast<double>() * x`
#include "unroll/unroll.hpp"
using namespace unroll;
VarVector wrong(const Eigen::MatrixXf& A, const VarVector& x) { return A * x; }
