#include "fuzz/fuzz.hpp"

// A violation is an exception that leaves, as any other that no input should cause.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  unroll::fuzz::examine({reinterpret_cast<const char*>(data), size});
  return 0;
}
