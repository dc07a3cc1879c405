#include "peers.hpp"

#include "chain.hpp"

#ifdef UNROLL_WITH_ADOLC
#include <adolc/adolc.h>
#endif

namespace unroll::bench {

namespace {

#ifdef UNROLL_WITH_ADOLC
template <class F>
Matrix adolc_gradient(const F& f, std::vector<double> at) {
  constexpr short tag = 1;
  constexpr int keep = 1;
  double y = 0;
  trace_on(tag, keep);
  std::vector<adouble> x(at.size());
  for (std::size_t i = 0; i < at.size(); ++i) x[i] <<= at[i];
  adouble value = f(x);
  value >>= y;
  trace_off();
  std::vector<double> gradient(at.size());
  double weight = 1;
  ::reverse(tag, 1, static_cast<int>(at.size()), 0, &weight, gradient.data());
  // What its buffers did not hold lies in files in the working directory.
  removeTape(tag, ADOLC_REMOVE_COMPLETELY);
  return Vector::Map(gradient.data(), static_cast<Index>(gradient.size()));
}
#endif

}  // namespace

std::vector<Peer> peers_of_chain([[maybe_unused]] const std::vector<double>& at) {
  std::vector<Peer> peers;
#ifdef UNROLL_WITH_ADOLC
  peers.push_back({"ADOL-C", [at] { return adolc_gradient([](const auto& x) { return chain(x); }, at); }});
#endif
  return peers;
}

std::vector<std::string> peer_names() {
  std::vector<std::string> names;
  for (const Peer& peer : peers_of_chain({})) names.push_back(peer.name);
  return names;
}

}  // namespace unroll::bench
