// How far long work is, said in one place for all examples.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace examples {

/// A line on stderr, from the second second of the work on: rewritten in place on a terminal, and gone with
/// this object; else now and then a new one.
class Progress {
 public:
  Progress() = default;
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// What to say where `done` of `all` the work is done; the time left, at the pace so far, is added.
  template <class Number>
  void show(const std::string& text, Number done, Number all) {
    using namespace std::chrono;
    const auto now = steady_clock::now();
    if (now < next_) return;
    next_ = now + (terminal_ ? milliseconds(200) : milliseconds(5000));
    const double left =
        duration<double>(now - start_).count() / static_cast<double>(done) * static_cast<double>(all - done);
    fmt::print(stderr, "{}{}{}{}", terminal_ ? "\r\033[K" : "", text,
               done > 0 ? fmt::format(", {:.0f} s left", left) : "", terminal_ ? "" : "\n");
    std::fflush(stderr);
    shown_ = true;
  }
  /// Before something else is printed.
  void clear() {
    if (terminal_ && shown_) fmt::print(stderr, "\r\033[K");
    shown_ = false;
  }

 private:
  bool terminal_ = isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now(),
                                        next_ = start_ + std::chrono::seconds(2);
};

}  // namespace examples
