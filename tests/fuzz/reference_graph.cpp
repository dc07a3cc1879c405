#include "fuzz/reference_graph.hpp"

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace unroll::fuzz {

ReferenceGraph::ReferenceGraph(const Vector& x, const Vector& u, const Vector& w) : n_(x.size()) {
  v_[0] = vector([&](Index i) { return Hyper{x[i], u[i], w[i], 0}; });
  v_[1] = vector([&](Index i) { return 0.5L * v_[0][i]; });
  v_[2] = HyperArray(Matrix(Vector::LinSpaced(n_, -1, 1)));
  m_[0] = matrix([&](Index i, Index j) { return v_[0][i] * v_[0][j]; });
  m_[1] = identity();
  m_[2] = matrix([&](Index i, Index j) { return v_[2][i] * v_[0][j]; });
  s_ = {total_of([&](Index i) { return v_[0][i]; }), n_ > 0 ? v_[0][0] : Hyper{0.5L}, Hyper{0.75L}};
}

void ReferenceGraph::evaluate(const Instruction& step) {
  const Operands o{v_[step.a], v_[step.b], m_[step.a], m_[step.b], s_[step.a], s_[step.b]};
  if (!entrywise(step, o) && !shapes(step, o) && !linear(step, o) && !systems(step, o) && !scalars(step, o) &&
      !handles(step, o))
    throw std::logic_error("an operation without a reference");
}

bool ReferenceGraph::run(const Instruction& step) {
  constexpr long double most = 1e3L;
  if (n_ == 0 && needs_entries(step.operation)) return false;
  const auto before = std::tuple(v_, m_, s_);
  at_kink_ = false;
  evaluate(step);
  long double largest = 0;
  const auto note = [&](const Hyper& h) {
    for (const long double part : {h.x, h.u, h.v, h.uv})
      largest = part == part ? std::max(largest, std::abs(part)) : HUGE_VALL;
  };
  for (const auto* const arrays : {&v_, &m_})
    for (const HyperArray& array : *arrays)
      for (const Hyper& h : array.entries) note(h);
  for (const Hyper& h : s_) note(h);
  if (at_kink_ || !(largest <= most)) {
    std::tie(v_, m_, s_) = before;
    return false;
  }
  largest_ = std::max(largest_, largest);
  return true;
}

Hyper ReferenceGraph::result() const {
  Hyper y;
  for (std::size_t r = 0; r < registers; ++r) {
    const long double weight = 1.0L + 0.25L * static_cast<long double>(r);
    y = y + weight * s_[r] + total_of([&](Index i) { return v_[r][i]; }) -
        weight * summed(n_ * n_, [&](Index i) { return m_[r][i]; });
  }
  return y;
}

bool ReferenceGraph::is_greater(const Hyper& a, const Hyper& b) {
  const bool same = a.x == b.x && a.u == b.u && a.v == b.v && a.uv == b.uv;
  if (!same && std::abs(a.x - b.x) < 1e-6L) at_kink_ = true;
  return a.x > b.x;
}

Hyper ReferenceGraph::clipped(const Hyper& x, const Hyper& lower, const Hyper& upper) {
  if (is_greater(lower, x)) return lower;
  return is_greater(x, upper) ? upper : x;
}

Hyper ReferenceGraph::greatest_of(const std::vector<Hyper>& some, bool smallest) {
  Hyper most = some.front();
  for (const Hyper& x : some)
    if (smallest ? is_greater(most, x) : is_greater(x, most)) most = x;
  return most;
}

Hyper ReferenceGraph::norm_of(const std::vector<Hyper>& some) {
  Hyper square;
  for (const Hyper& x : some) square = square + x * x;
  if (square.x < 1e-4L) at_kink_ = true;
  return sqrt(square);
}

}  // namespace unroll::fuzz
