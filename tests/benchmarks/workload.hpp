#pragma once

#include <functional>
#include <string>
#include <vector>

#include "peers.hpp"
#include "unroll/types.hpp"

/// A computation done three ways: without derivatives, with an adjoint written by hand in Eigen (it stores
/// the trajectory and sweeps back), and by the library. All three start anew at each call, on warm memory.
namespace unroll::bench {

struct Workload {
  std::string name;
  std::string what;
  std::function<double()> primal;
  std::function<Matrix()> hand;  // empty: compared with the primal only; once each, cold, if that takes long
  std::function<Matrix()> ours;
  Index steps = 1;                               // for bytes per step
  std::function<std::size_t()> tape_bytes = {};  // of the last call of ours
  bool by_default = true;                        // else only if it is named
  std::vector<Peer> peers = {};
};

/// Rows of one name that differ in one size: their time is reported as a power of it.
struct Growth {
  std::string of;  // what grows
  std::vector<double> sizes;
  std::vector<Workload> workloads;
};

std::vector<Workload> dense_workloads();         // W1, W1p, W1c, W2
std::vector<Growth> growth_workloads();          // W8
std::vector<Workload> logistic_workloads();      // W3
std::vector<Workload> jacobian_workloads();      // W4, W4t
std::vector<Workload> scalar_workloads();        // W5
std::vector<Workload> elementwise_workloads();   // W6, W7
std::vector<Workload> second_order_workloads();  // H32
std::vector<Workload> sobolev_workloads();       // S1
std::vector<Workload> checkpoint_workloads();    // W9, W9x
std::vector<Workload> layer_workloads();         // E1, E1i, E2, E2l, E3
std::vector<Workload> program_workloads();       // Q1
std::vector<Workload> two_style_workloads();     // G1, G2, G3, G4
std::vector<Workload> small_workloads();         // N2, N2q, N10, N10q, N20, N20q, N2m, N20m, P20, P100

/// Standard normal entries from a fixed seed.
Matrix normal_matrix(Index rows, Index cols, unsigned seed);
Vector normal_vector(Index size, unsigned seed);

}  // namespace unroll::bench
