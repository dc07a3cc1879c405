#include "fuzz/reference_graph.hpp"

namespace unroll::fuzz {

ReferenceGraph::ReferenceGraph(const Vector& x, const Vector& u, const Vector& w) : n_(x.size()) {
  v_[0] = filled(n_, [&](Index i) { return Hyper{x[i], u[i], w[i], 0}; });
  v_[1] = filled(n_, [&](Index i) { return 0.5L * v_[0][i]; });
  v_[2] = HyperArray(Matrix(Vector::LinSpaced(n_, -1, 1)));
  m_[0] = filled(n_, n_, [&](Index i, Index j) { return v_[0][i] * v_[0][j]; });
  m_[1] = HyperArray(Matrix::Identity(n_, n_));
  m_[2] = filled(n_, n_, [&](Index i, Index j) { return v_[2][i] * v_[0][j]; });
  s_ = {summed(n_, [&](Index i) { return v_[0][i]; }), v_[0][0], Hyper{0.75L}};
}

bool ReferenceGraph::run(const Instruction& step) {
  constexpr long double most = 1e3L;
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
    y = y + weight * s_[r] + summed(n_, [&](Index i) { return v_[r][i]; }) -
        weight * summed(n_ * n_, [&](Index i) { return m_[r][i]; });
  }
  return y;
}

}  // namespace unroll::fuzz
