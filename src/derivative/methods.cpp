#include "unroll/derivative/methods.hpp"

namespace unroll {

std::vector<NamedMethod> all_methods() {
  return {
      {"reverse", Reverse{}},
      {"forward", Forward{}},
      {"implicit", Implicit{}},
      {"one-step", OneStep{}},
      {"finite difference", FiniteDifference{}},
      {"certified", Certified{}},
  };
}

}  // namespace unroll
