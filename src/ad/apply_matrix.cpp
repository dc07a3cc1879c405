#include <array>
#include <utility>

#include "ad/entrywise.hpp"
#include "unroll/ad/block.hpp"

/// Products of a constant matrix with few columns, and with many.
namespace unroll::ad {

namespace {

// f(0), …, f(N − 1), written out whatever the optimiser thinks of it: sums stay in registers.
template <Index N, class F>
void written_out(const F& f) {
  [&]<std::size_t... I>(std::index_sequence<I...>) { (f(static_cast<Index>(I)), ...); }
  (std::make_index_sequence<static_cast<std::size_t>(N)>{});
}

// One to four columns x_j: too few for a packed matrix product. Of a large A the time is that of reading it,
// so it is read once for all, a group of its columns at a time.
template <Index J>
struct Columns {
  const double* x[J];
  double* out[J];
  double alpha;
};

// out_j += A x_j for G columns of A beginning at `a`, rows from `i` on; `x` holds alpha times the factors.
template <class P, Index J, Index G>
void add_columns(const double* a, Index stride, Index rows, Index i, const double (&x)[J][G],
                 double* const (&out)[J]) {
  using namespace Eigen::internal;
  constexpr Index width = unpacket_traits<P>::size;
  P factors[J][G];
  written_out<J * G>([&](Index k) { factors[k / G][k % G] = pset1<P>(x[k / G][k % G]); });
  for (; i + width <= rows; i += width) {
    P columns[G];
    written_out<G>([&](Index c) { columns[c] = ploadu<P>(a + c * stride + i); });
    written_out<J>([&](Index j) {
      P sum = ploadu<P>(out[j] + i);
      written_out<G>([&](Index c) { sum = pmadd(columns[c], factors[j][c], sum); });
      pstoreu(out[j] + i, sum);
    });
  }
  if constexpr (has_half<P>)
    if (i < rows) return add_columns<HalfOf<P>>(a, stride, rows, i, x, out);
  for (; i < rows; ++i)
    for (Index j = 0; j < J; ++j)
      for (Index c = 0; c < G; ++c) out[j][i] += a[c * stride + i] * x[j][c];
}

template <Index G, Index J>
void add_products(const MatrixView& A, const Columns<J>& columns, Index& c) {
  for (; c + G <= A.cols; c += G) {
    double factors[J][G];
    for (Index j = 0; j < J; ++j)
      for (Index g = 0; g < G; ++g) factors[j][g] = columns.alpha * columns.x[j][c + g];
    add_columns<Packet>(A.data + c * A.stride, A.stride, A.rows, 0, factors, columns.out);
  }
}

// The sums of the entries of N packets.
template <class P, std::size_t N>
EIGEN_ALWAYS_INLINE void sum_each(const P (&packets)[N], double* sums) {
  using namespace Eigen::internal;
  constexpr Index width = unpacket_traits<P>::size;
  if constexpr (width > 1 && N % width == 0)
    written_out<N / width>([&](Index first) {
      PacketBlock<P, width> block;
      written_out<width>([&](Index i) { block.packet[i] = packets[first * width + i]; });
      ptranspose(block);
      P sum = block.packet[0];
      written_out<width - 1>([&](Index i) { sum = padd(sum, block.packet[i + 1]); });
      pstoreu(sums + first * width, sum);
    });
  else
    written_out<N>([&](Index k) { sums[k] = predux(packets[k]); });
}

// What whole packets of rows leave is the end of one more, whose beginning, seen already, is masked.
template <class P, Index J>
struct LastRows {
  P mask, x[J];
};

// Entries c … of out_j += Aᵀ x_j for groups of G columns of A.
template <Index G, class P, Index J>
void add_dots(const MatrixView& A, const Columns<J>& columns, const LastRows<P, J>& end, Index& c) {
  using namespace Eigen::internal;
  constexpr Index width = unpacket_traits<P>::size;
  const Index rows = A.rows, stride = A.stride;
  for (; c + G <= A.cols; c += G) {
    const double* const a = A.data + c * stride;
    P sums[J * G];
    written_out<J * G>([&](Index k) { sums[k] = pset1<P>(0.0); });
    Index i = 0;
    for (; i + width <= rows; i += width) {
      P entries[G];
      written_out<G>([&](Index g) { entries[g] = ploadu<P>(a + g * stride + i); });
      written_out<J>([&](Index j) {
        const P factor = ploadu<P>(columns.x[j] + i);
        written_out<G>([&](Index g) { sums[j * G + g] = pmadd(entries[g], factor, sums[j * G + g]); });
      });
    }
    if (i < rows)
      written_out<J * G>([&](Index k) {
        const P entries = pand(end.mask, ploadu<P>(a + k % G * stride + rows - width));
        sums[k] = pmadd(entries, end.x[k / G], sums[k]);
      });
    double sum[J * G];
    sum_each(sums, sum);
    written_out<J * G>([&](Index k) { columns.out[k / G][c + k % G] += columns.alpha * sum[k]; });
  }
}

template <class P, Index J>
void add_transposed(const MatrixView& A, const Columns<J>& columns) {
  using namespace Eigen::internal;
  constexpr Index width = unpacket_traits<P>::size;
  if constexpr (has_half<P>) {
    if (A.rows < width) return add_transposed<HalfOf<P>>(A, columns);
  } else if constexpr (width > 1) {
    if (A.rows < width) return add_transposed<double>(A, columns);
  }
  LastRows<P, J> end{};
  if (const Index rest = A.rows % width; rest > 0) {
    double is_new[width] = {};
    std::fill(is_new + width - rest, is_new + width, 1.0);
    end.mask = pcmp_eq(ploadu<P>(is_new), pset1<P>(1.0));
    written_out<J>([&](Index j) { end.x[j] = pand(end.mask, ploadu<P>(columns.x[j] + A.rows - width)); });
  }
  constexpr Index group = J * 8 + J + 1 <= EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS ? 8 : 4;
  Index c = 0;
  add_dots<group>(A, columns, end, c);
  if constexpr (group > 4) add_dots<4>(A, columns, end, c);
  add_dots<2>(A, columns, end, c);
  add_dots<1>(A, columns, end, c);
}

template <Index J>
void apply_to_few(Block& out, const MatrixView& A, const ConstBlock& x, double alpha) {
  Columns<J> columns{{}, {}, alpha};
  for (Index j = 0; j < J; ++j) {
    columns.x[j] = x.col(j).data();
    columns.out[j] = out.col(j).data();
  }
  if (A.side == Side::transposed) return add_transposed<Packet>(A, columns);
  Index c = 0;
  add_products<8>(A, columns, c);
  add_products<4>(A, columns, c);
  add_products<2>(A, columns, c);
  add_products<1>(A, columns, c);
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
    if constexpr (has_half<P>)
      apply_tiny<into, side, HalfOf<P>, R>(y, a, across, along, x, alpha, columns);
    else
      apply_tiny<into, side, double, R>(y, a, across, along, x, alpha, columns);
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
  if (into == Into::assign) out.setZero();
  if (x.cols() == 1) return apply_to_few<1>(out, A, x, alpha);
  if (x.cols() == 2) return apply_to_few<2>(out, A, x, alpha);
  if (x.cols() == 3) return apply_to_few<3>(out, A, x, alpha);
  if (x.cols() == 4) return apply_to_few<4>(out, A, x, alpha);
  const Eigen::Map<const Matrix, 0, Eigen::OuterStride<>> stored(A.data, A.rows, A.cols,
                                                                 Eigen::OuterStride<>(A.stride));
  on_side(stored, A.side, [&](const auto& a) { out.noalias() += alpha * a * x; });
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
