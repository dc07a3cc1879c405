#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// One file a fuzzer: it draws an input and examines one. runner.cpp makes a program of it that draws a given
/// number, the same for the same seed; where UNROLL_BUILD_FUZZERS is on, libFuzzer makes another that is led
/// by what the inputs reach.
namespace unroll::fuzz {

using Engine = std::mt19937_64;

/// What an input made go wrong.
struct Violation : std::logic_error {
  using std::logic_error::logic_error;
};
inline void require(bool holds, const std::string& what) {
  if (!holds) throw Violation(what);
}

/// An input. Defined by each fuzzer.
std::string draw(Engine& engine);
/// @throws Violation. Defined by each fuzzer.
void examine(std::string_view input);

/// 0 … count − 1.
inline std::size_t below(Engine& engine, std::size_t count) { return engine() % count; }
template <class T>
const T& one_of(Engine& engine, const std::vector<T>& some) {
  return some[below(engine, some.size())];
}

}  // namespace unroll::fuzz
