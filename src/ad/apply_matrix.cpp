#include <array>
#include <utility>

#include "ad/entrywise.hpp"
#include "unroll/ad/block.hpp"

/// Products of a constant matrix with few columns, and with many.
namespace unroll::ad {

namespace {

using Stored = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;

void apply_to_vector(double* out_data, const Stored& a, Side side, const double* x_data, double alpha) {
  const bool plain = side == Side::plain;
  Eigen::Map<Vector> out(out_data, plain ? a.rows() : a.cols());
  const Eigen::Map<const Vector> x(x_data, plain ? a.cols() : a.rows());
  if (plain)
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

// R rows, by packets of rows as long as they last.
template <Into into, Side side, class P, Index R, std::size_t... C>
void apply_tiny(double* y, const double* a, Index across, Index along, const double* x, double alpha,
                std::index_sequence<0, C...> columns) {
  using namespace Eigen::internal;
  constexpr Index width = unpacket_traits<P>::size;
  if constexpr (R >= width) {
    const auto column = [&](std::size_t c) {
      const double* const entries = a + static_cast<Index>(c) * along;
      if constexpr (width == 1)
        return *entries;
      else if constexpr (side == Side::plain)
        return ploadu<P>(entries);
      else
        return pgather<double, P>(entries, across);
    };
    P sum = pmul(column(0), pset1<P>(x[0]));
    ((sum = pmadd(column(C), pset1<P>(x[C]), sum)), ...);
    const P factor = pset1<P>(alpha);
    pstoreu(y, into == Into::assign ? pmul(factor, sum) : pmadd(factor, sum, ploadu<P>(y)));
    apply_tiny<into, side, P, R - width>(y + width, a + width * across, across, along, x, alpha, columns);
  } else if constexpr (R > 0) {
    using Half = typename unpacket_traits<P>::half;
    if constexpr (sizeof(Half) == sizeof(P))
      apply_tiny<into, side, double, R>(y, a, across, along, x, alpha, columns);
    else
      apply_tiny<into, side, Half, R>(y, a, across, along, x, alpha, columns);
  }
}

template <Into into, Side side>
constexpr auto tiny_kernels = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<TinyKernel, sizeof...(I)>{[](double* y, const double* a, Index across, Index along,
                                                 const double* x, Index columns, double alpha) {
    constexpr std::size_t rows = I / tiny + 1, inner = I % tiny + 1;
    for (; columns > 0; --columns, y += rows, x += inner)
      apply_tiny<into, side, Packet, static_cast<Index>(rows)>(y, a, across, along, x, alpha,
                                                               std::make_index_sequence<inner>{});
  }...};
}
(std::make_index_sequence<tiny * tiny>{});

// What is not tiny, kept apart so that tiny products do not pay for its stack.
[[gnu::noinline]] void apply_whole(Block& out, const MatrixView& A, const ConstBlock& x, double alpha,
                                   Into into) {
  const Stored stored(A.data, A.rows, A.cols, Eigen::OuterStride<>(A.stride));
  if (into == Into::assign) out.setZero();
  if (x.cols() == 1)
    apply_to_vector(out.data(), stored, A.side, x.data(), alpha);
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
    const bool plain = A.side == Side::plain, assigns = into == Into::assign;
    const auto& kernels = plain ? (assigns ? tiny_kernels<Into::assign, Side::plain>
                                           : tiny_kernels<Into::accumulate, Side::plain>)
                                : (assigns ? tiny_kernels<Into::assign, Side::transposed>
                                           : tiny_kernels<Into::accumulate, Side::transposed>);
    const TinyKernel kernel = kernels[(rows - 1) * tiny + inner - 1];
    return kernel(out.data(), A.data, plain ? 1 : A.stride, plain ? A.stride : 1, x.data(), x.cols(), alpha);
  }
  apply_whole(out, A, x, alpha, into);
}

}  // namespace unroll::ad
