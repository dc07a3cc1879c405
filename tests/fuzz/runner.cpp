#include <sys/time.h>  // setitimer

#include <atomic>
#include <cctype>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/fuzz.hpp"

// fuzz_NAME [COUNT [SEED [FIRST]]]: examines what is kept in corpus/NAME, and the inputs FIRST … FIRST +
// COUNT − 1 of a seed. What goes wrong, a crash and a hang too, is told with the file, or with the arguments
// that show it again.
namespace {

std::atomic<unsigned long> seed = 1, number = 0;
std::string file;  // that is examined; else the numbers say what is

std::string printable(const std::string& input) {
  std::string text;
  char hex[8];
  for (const char byte : input.substr(0, 2000)) {
    const auto c = static_cast<unsigned char>(byte);
    if (std::isprint(c) != 0 && c != '\\') {
      text += byte;
    } else {
      std::snprintf(hex, sizeof hex, "\\x%02x", c);
      text += hex;
    }
  }
  return text;
}

void report(const char* what) {
  if (!file.empty()) {
    std::fprintf(stderr, "%s: %s\n", file.c_str(), what);
    return;
  }
  std::fprintf(stderr, "input %lu of seed %lu: %s; again: 1 %lu %lu\n", number.load(), seed.load(), what,
               seed.load(), number.load());
}

extern "C" void died(int signal) {
  report(signal == SIGPROF ? "it takes more than 60 s of a processor" : "it crashes");
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

}  // namespace

/// Whether nothing is wrong with it.
bool examined(const std::string& input) {
  const itimerval limit{{}, {60, 0}};
  setitimer(ITIMER_PROF, &limit, nullptr);
  try {
    unroll::fuzz::examine(input);
    return true;
  } catch (const std::exception& e) {
    report(e.what());
    std::fprintf(stderr, "%s\n", printable(input).c_str());
    return false;
  }
}

bool examined_corpus() {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(UNROLL_FUZZ_CORPUS))
    for (const auto& entry : std::filesystem::directory_iterator(UNROLL_FUZZ_CORPUS))
      files.push_back(entry.path());
  for (const auto& path : files) {
    file = path.string();
    std::ifstream in(path, std::ios::binary);
    if (!examined({std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()})) return false;
  }
  file.clear();
  return true;
}

int main(int argc, char** argv) {
  const auto argument = [&](int i, unsigned long otherwise) {
    return argc > i ? std::strtoul(argv[i], nullptr, 10) : otherwise;
  };
  const unsigned long count = argument(1, 1000), first = argument(3, 0);
  seed = argument(2, 1);
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGPROF}) std::signal(signal, died);
  if (!examined_corpus()) return EXIT_FAILURE;
  for (number = first; number < first + count; ++number) {
    unroll::fuzz::Engine engine(seed * 0x9E3779B97F4A7C15UL + number);
    if (!examined(unroll::fuzz::draw(engine))) return EXIT_FAILURE;
  }
  std::printf("%lu inputs of seed %lu: nothing wrong\n", count, seed.load());
  return EXIT_SUCCESS;
}
