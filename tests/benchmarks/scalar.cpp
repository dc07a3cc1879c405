#include <memory>

#include "chain.hpp"
#include "peers.hpp"
#include "unroll/unroll.hpp"
#include "workload.hpp"

/// A chain of scalar operations, every named value a variable of the tape: 10⁶ operations, 10 inputs.
namespace unroll::bench {

namespace {

struct Chain {
  std::vector<double> at = [] {
    std::vector<double> values(chain_inputs);
    for (std::size_t i = 0; i < chain_inputs; ++i) values[i] = 0.5 + 0.05 * static_cast<double>(i);
    return values;
  }();
  std::size_t bytes = 0;

  double primal() const { return chain(at); }
  // The chain's adjoint, written out: the values that it reads are stored.
  std::vector<double> a_in = std::vector<double>(chain_rounds), b_in = a_in, c_in = a_in, e_in = a_in;

  Matrix hand() {
    double s = 1.0;
    std::size_t k = 0;
    for (std::size_t r = 0; r < chain_rounds; ++r) {
      const double i = at[k];
      k = k + 1 == chain_inputs ? 0 : k + 1;
      a_in[r] = s;
      const double b = s * i + at[k];
      const double c = std::sin(b);
      const double e = std::exp(-c);
      b_in[r] = b;
      c_in[r] = std::cos(b);
      e_in[r] = e;
      s = 0.5 * e / (b + 1.5) + 0.25 * c;
    }
    Vector bar = Vector::Zero(chain_inputs);
    double s_bar = 1.0;
    for (std::size_t r = chain_rounds; r-- > 0;) {
      const double q = 1.0 / (b_in[r] + 1.5);
      const double e_bar = s_bar * 0.5 * q;
      const double c_bar = s_bar * 0.25 - e_bar * e_in[r];
      const double b_bar = c_bar * c_in[r] - s_bar * 0.5 * e_in[r] * q * q;
      bar[static_cast<Index>(k)] += b_bar;
      k = k == 0 ? chain_inputs - 1 : k - 1;
      bar[static_cast<Index>(k)] += b_bar * a_in[r];
      s_bar = b_bar * at[k];
    }
    return bar;
  }
  Matrix ours() {
    Tape tape;
    std::vector<Var> x;
    for (const double value : at) x.push_back(tape.input(value));
    const Var y = chain(x);
    bytes = tape.statistics().bytes();
    const Sweep sweep = tape.sweep(y);
    Vector bar(chain_inputs);
    for (Index i = 0; i < chain_inputs; ++i) bar[i] = sweep.adjoint(x[static_cast<std::size_t>(i)])(0);
    return bar;
  }
};

}  // namespace

std::vector<Workload> scalar_workloads() {
  const auto d = std::make_shared<Chain>();
  Workload w{"W5",
             "scalar chain, 1e6 operations",
             [d] { return d->primal(); },
             [d] { return d->hand(); },
             [d] { return d->ours(); },
             5 * chain_rounds};
  w.tape_bytes = [d] { return d->bytes; };
  w.peers = peers_of_chain(d->at);
  return {w};
}

}  // namespace unroll::bench
