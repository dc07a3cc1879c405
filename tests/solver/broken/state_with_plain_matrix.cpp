// expect: conver
// lines: 23, clang 75: a plain matrix is right where it has no derivative, and what the step makes of it is
// the user's own line. It is said for dual and for taped arrays.
#include "unroll/unroll.hpp"
using namespace unroll;

struct QuasiNewton {
  template <class V>
  struct State {
    V x;
    Matrix inverse_hessian;
  };
  template <class V>
  State<V> init(const V& x0) const {
    return {x0, Matrix::Identity(x0.size(), x0.size())};
  }
  template <class V>
  State<V> step(const Oracle<V>& f, const State<V>& s, const V& theta, Index) const {
    const V g = f.gradient(s.x, theta);
    return {s.x - s.inverse_hessian * g, s.inverse_hessian + outer(g, g)};
  }
};
auto f(const Problem& p, const Vector& x0, const Vector& t) {
  return jacobian(p, QuasiNewton{}, x0, t, {.steps = 3}, Reverse{});
}
