#include "unroll/ad/block.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

#include "ad/bilinear.hpp"
#include "ad/entrywise.hpp"
#include "unroll/error.hpp"

namespace unroll::ad {

void Extent::throw_too_large(Shape shape) {
  throw ShapeError(
      fmt::format("array of {}x{}: 2^32 entries or more, or less than none", shape.rows, shape.cols));
}

namespace {

// y (+)= c x.
void put(double* y, const double* x, Index size, double c, Into into) {
  if (into == Into::assign)
    assign_multiple(y, x, size, c);
  else
    add_multiple(y, x, size, c);
}

}  // namespace

namespace {

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

template <class A, class B>
void product_into(Block& out, const A& a, const B& b, double alpha, Into into) {
  if (into == Into::assign)
    out.noalias() = alpha * a * b;
  else
    out.noalias() += alpha * a * b;
}

// op(A) op(B) for one pair of columns.
void matrix_product_column(double* out_data, const double* a_data, Shape a, Side a_side, const double* b_data,
                           Shape b, Side b_side, double alpha, Into into) {
  const ConstBlock left(a_data, a.rows, a.cols);
  const ConstBlock right(b_data, b.rows, b.cols);
  Block out(out_data, a_side == Side::plain ? a.rows : a.cols, b_side == Side::plain ? b.cols : b.rows);
  if (a_side == Side::plain && b_side == Side::plain)
    product_into(out, left, right, alpha, into);
  else if (a_side == Side::plain)
    product_into(out, left, right.transpose(), alpha, into);
  else if (b_side == Side::plain)
    product_into(out, left.transpose(), right, alpha, into);
  else
    product_into(out, left.transpose(), right.transpose(), alpha, into);
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
    matrix_product_column(out.col(o).data(), a.col(i).data(), a_shape, a_side, b.col(j).data(), b_shape,
                          b_side, alpha, how);
  });
}

namespace {

using Stored = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;

template <class Out, class X>
void apply_to_vector(Out&& out, const Stored& a, Side side, const X& x, double alpha) {
  if (side == Side::plain)
    out.noalias() += alpha * a * x;
  else
    out.noalias() += alpha * a.transpose() * x;
}

// A few columns: too few for a packed matrix product. The time of a product with a vector is that of reading
// A, so A is read once for all: four columns of A at a time, with packets of rows.
constexpr Index group = 4;  // columns of A

// f(0), …, f(N − 1), written out whatever the optimiser thinks of it: sums stay in registers.
template <Index N, class F>
void written_out(const F& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) { (f(static_cast<Index>(I)), ...); }
  (std::make_index_sequence<static_cast<std::size_t>(N)>{});
}

// out_j += A x_j, J columns, for `group` columns of A beginning at `a`; x_j holds alpha times the factors.
template <Index J>
void add_columns(const double* a, Index stride, Index rows, const double (&x)[J][group],
                 double* const (&out)[J]) {
  using namespace Eigen::internal;
  Index i = 0;
  for (; i + packet_size <= rows; i += packet_size) {
    Packet columns[group];
    written_out<group>([&](Index c) { columns[c] = ploadu<Packet>(a + c * stride + i); });
    written_out<J>([&](Index j) {
      Packet sum = ploadu<Packet>(out[j] + i);
      written_out<group>([&](Index c) { sum = pmadd(columns[c], pset1<Packet>(x[j][c]), sum); });
      pstoreu(out[j] + i, sum);
    });
  }
  for (; i < rows; ++i)
    for (Index j = 0; j < J; ++j)
      for (Index c = 0; c < group; ++c) out[j][i] += a[c * stride + i] * x[j][c];
}

// out[j][c] = ⟨column c of A, x_j⟩ for `group` columns of A beginning at `a`.
template <Index J>
void dot_columns(const double* a, Index stride, Index rows, const double* const (&x)[J],
                 double (&out)[J][group]) {
  using namespace Eigen::internal;
  Packet sums[J][group];
  written_out<J * group>([&](Index k) { sums[k / group][k % group] = pset1<Packet>(0.0); });
  Index i = 0;
  for (; i + packet_size <= rows; i += packet_size) {
    Packet columns[group];
    written_out<group>([&](Index c) { columns[c] = ploadu<Packet>(a + c * stride + i); });
    written_out<J>([&](Index j) {
      const Packet factor = ploadu<Packet>(x[j] + i);
      written_out<group>([&](Index c) { sums[j][c] = pmadd(columns[c], factor, sums[j][c]); });
    });
  }
  written_out<J * group>([&](Index k) {
    const Index j = k / group, c = k % group;
    out[j][c] = predux(sums[j][c]);
    for (Index rest = i; rest < rows; ++rest) out[j][c] += a[c * stride + rest] * x[j][rest];
  });
}

template <Index J>
void apply_to_few(Block& out, const Stored& a, Side side, const ConstBlock& x, double alpha) {
  const Index whole = a.cols() / group * group;
  double* outs[J];
  const double* xs[J];
  for (Index j = 0; j < J; ++j) {
    outs[j] = out.col(j).data();
    xs[j] = x.col(j).data();
  }
  double factors[J][group];
  for (Index first = 0; first < whole; first += group) {
    const double* columns = a.data() + first * a.outerStride();
    if (side == Side::plain) {
      for (Index j = 0; j < J; ++j)
        for (Index c = 0; c < group; ++c) factors[j][c] = alpha * xs[j][first + c];
      add_columns<J>(columns, a.outerStride(), a.rows(), factors, outs);
    } else {
      dot_columns<J>(columns, a.outerStride(), a.rows(), xs, factors);
      for (Index j = 0; j < J; ++j)
        for (Index c = 0; c < group; ++c) outs[j][first + c] += alpha * factors[j][c];
    }
  }
  for (Index c = whole; c < a.cols(); ++c)
    for (Index j = 0; j < J; ++j) {
      if (side == Side::plain)
        out.col(j) += (alpha * xs[j][c]) * a.col(c);
      else
        outs[j][c] += alpha * a.col(c).dot(x.col(j));
    }
}

// op(A) so small that the set-up of any loop would cost more than the product: a kernel of its own for every
// shape up to `tiny` × `tiny`, written out. Entries of a row of op(A) are `along` apart, rows `across`.
constexpr std::size_t tiny = 6;
using TinyKernel = void (*)(double* y, const double* a, Index across, Index along, const double* x,
                            Index columns, double alpha);

template <Into into, std::size_t... R, std::size_t... C>
void apply_tiny(double* y, const double* a, Index across, Index along, const double* x, Index columns,
                double alpha, std::index_sequence<R...>, std::index_sequence<C...>) {
  const auto row = [&](std::size_t r) {
    const double* const entries = a + static_cast<Index>(r) * across;
    return alpha * (... + (entries[static_cast<Index>(C) * along] * x[C]));
  };
  for (; columns > 0; --columns, y += sizeof...(R), x += sizeof...(C)) {
    const std::array<double, sizeof...(R)> product{row(R)...};
    if constexpr (into == Into::assign)
      ((y[R] = product[R]), ...);
    else
      ((y[R] += product[R]), ...);
  }
}

template <Into into>
constexpr auto tiny_kernels = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<TinyKernel, sizeof...(I)>{[](double* y, const double* a, Index across, Index along,
                                                 const double* x, Index columns, double alpha) {
    apply_tiny<into>(y, a, across, along, x, columns, alpha, std::make_index_sequence<I / tiny + 1>{},
                     std::make_index_sequence<I % tiny + 1>{});
  }...};
}
(std::make_index_sequence<tiny * tiny>{});

// What is not tiny, kept apart so that tiny products do not pay for its stack.
[[gnu::noinline]] void apply_whole(Block& out, const MatrixView& A, const ConstBlock& x, double alpha,
                                   Into into) {
  const Stored stored(A.data, A.rows, A.cols, Eigen::OuterStride<>(A.stride));
  if (into == Into::assign) out.setZero();
  if (x.cols() == 1)
    apply_to_vector(out.col(0), stored, A.side, x.col(0), alpha);
  else if (x.cols() == 2)
    apply_to_few<2>(out, stored, A.side, x, alpha);
  else if (x.cols() == 3)
    apply_to_few<3>(out, stored, A.side, x, alpha);
  else if (x.cols() == 4)
    apply_to_few<4>(out, stored, A.side, x, alpha);
  else if (A.side == Side::plain)
    out.noalias() += alpha * stored * x;
  else
    out.noalias() += alpha * stored.transpose() * x;
}

}  // namespace

void apply_matrix(Block out, const MatrixView& A, const ConstBlock& x, double alpha, Into into) {
  const auto rows = static_cast<std::size_t>(out.rows()), inner = static_cast<std::size_t>(x.rows());
  constexpr Index few = 4;
  if (out.size() == 0) return;
  if (inner == 0) {  // of nothing, whose columns no block can count
    if (into == Into::assign) out.setZero();
    return;
  }
  if (rows - 1 < tiny && inner - 1 < tiny && x.cols() <= few) {
    const auto& kernels = into == Into::assign ? tiny_kernels<Into::assign> : tiny_kernels<Into::accumulate>;
    const TinyKernel kernel = kernels[(rows - 1) * tiny + inner - 1];
    const bool plain = A.side == Side::plain;
    return kernel(out.data(), A.data, plain ? 1 : A.stride, plain ? A.stride : 1, x.data(), x.cols(), alpha);
  }
  apply_whole(out, A, x, alpha, into);
}

}  // namespace unroll::ad
