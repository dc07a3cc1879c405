#include "unroll/ad/block.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>

#include "ad/bilinear.hpp"
#include "ad/entrywise.hpp"
#include "unroll/error.hpp"

namespace unroll::ad {

void Extent::throw_too_large(Shape shape) {
  throw ShapeError(
      fmt::format("array of {}x{}: 2^32 entries or more, or less than none", shape.rows, shape.cols));
}

Shape same_shape(const char* operation, Shape a, Shape b) {
  if (a != b)
    throw ShapeError(
        fmt::format("{}: left is {}x{}, right is {}x{}", operation, a.rows, a.cols, b.rows, b.cols));
  return a;
}

namespace {

// y (+)= c x.
void put(double* y, const double* x, Index size, double c, Into into) {
  if (into == Into::assign)
    assign_multiple(y, x, size, c);
  else
    add_multiple(y, x, size, c);
}

/// out (+)= f(a_i, b_i), by the product rule.
template <class F>
void entry_by_entry(Block& out, const ConstBlock& a, const ConstBlock& b, Into into, const F& f) {
  bilinear(out, a, b, into, [&](Index o, Index i, Index j, Into how) {
    double* const to = out.data() + o * out.rows();
    const double *const x = a.data() + i * a.rows(), *const y = b.data() + j * b.rows();
    if (how == Into::assign)
      entrywise(to, out.rows(), f, x, y);
    else
      entrywise(
          to, out.rows(), [&](auto sum, auto p, auto q) { return Eigen::internal::padd(sum, f(p, q)); }, to,
          x, y);
  });
}

}  // namespace

void multiply(Block out, const ConstBlock& a, const ConstBlock& b, double alpha, Into into) {
  entry_by_entry(out, a, b, into, [alpha](auto x, auto y) {
    using namespace Eigen::internal;
    return pmul(pset1<decltype(x)>(alpha), pmul(x, y));
  });
}

void multiply_cotangent(Block out, const ConstBlock& cotangent, const ConstBlock& x, double alpha,
                        Into into) {
  entry_by_entry(out, cotangent, x, into, [alpha](auto w, auto y) {
    using namespace Eigen::internal;
    using P = decltype(w);
    if constexpr (std::is_same_v<P, double>)  // Eigen masks numbers byte by byte
      return w == 0 ? 0.0 : alpha * (w * y);
    else
      return pandnot(pmul(pset1<P>(alpha), pmul(w, y)), pcmp_eq(w, pset1<P>(0.0)));
  });
}

void scale(Block out, const ConstBlock& s, const ConstBlock& x, double alpha, Into into) {
  bilinear(out, s, x, into, [&](Index o, Index i, Index j, Into how) {
    put(out.data() + o * out.rows(), x.data() + j * x.rows(), out.rows(), alpha * s.data()[i], how);
  });
}

void add(Block out, const ConstBlock& x, double alpha, Into into) {
  const Index size = out.rows() * std::min(out.cols(), x.cols());
  put(out.data(), x.data(), size, alpha, into);
  if (into == Into::assign) std::fill(out.data() + size, out.data() + out.size(), 0.0);
}

void dot(Block out, const ConstBlock& a, const ConstBlock& b, double alpha, Into into) {
  bilinear(out, a, b, into, [&](Index o, Index i, Index j, Into how) {
    double& y = out.data()[o];
    const double before = how == Into::assign ? 0.0 : y;
    y = before + alpha * inner_product(a.data() + i * a.rows(), b.data() + j * b.rows(), a.rows());
  });
}

void sum(Block out, const ConstBlock& x, double alpha, Into into) {
  if (into == Into::assign) out.setZero();
  for (Index j = 0; j < std::min(x.cols(), out.cols()); ++j) out(0, j) += alpha * x.col(j).sum();
}

namespace {

// out (+)= alpha · op(a) op(b) of plain matrices.
void multiply_plain(Block out, const ConstBlock& a, Side a_side, const ConstBlock& b, Side b_side,
                    double alpha, Into into) {
  on_side(a, a_side, [&](const auto& left) {
    on_side(b, b_side, [&](const auto& right) {
      if (into == Into::assign)
        out.noalias() = alpha * left * right;
      else
        out.noalias() += alpha * left * right;
    });
  });
}

}  // namespace

void matrix_product(Block out, const ConstBlock& a, Shape a_shape, Side a_side, const ConstBlock& b,
                    Shape b_shape, Side b_side, double alpha, Into into) {
  if (out.size() == 0) return;
  if (a.size() == 0 || b.size() == 0) {  // a sum over nothing
    if (into == Into::assign) out.setZero();
    return;
  }
  bilinear(out, a, b, into, [&](Index o, Index i, Index j, Into how) {
    multiply_plain({out.col(o).data(), a_shape.on(a_side).rows, b_shape.on(b_side).cols},
                   {a.col(i).data(), a_shape.rows, a_shape.cols}, a_side,
                   {b.col(j).data(), b_shape.rows, b_shape.cols}, b_side, alpha, how);
  });
}

}  // namespace unroll::ad
