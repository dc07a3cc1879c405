#pragma once

#include <functional>
#include <string>
#include <vector>

#include "unroll/types.hpp"

/// Other libraries' tapes of scalars on the same computation, where the machine has one (ADOL-C): none is
/// required.
namespace unroll::bench {

struct Peer {
  std::string name;
  std::function<Matrix()> gradient;  // as the hand-written adjoint gives it
};

/// The names, in the order in which every list of peers is.
std::vector<std::string> peer_names();
std::vector<Peer> peers_of_chain(const std::vector<double>& at);

}  // namespace unroll::bench
