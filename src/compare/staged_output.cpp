#include "unroll/compare/staged_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>   // pthread_sigmask
#include <stdlib.h>    // mkdtemp
#include <sys/file.h>  // flock
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <system_error>
#include <thread>

#include "unroll/error.hpp"

namespace unroll {
namespace fs = std::filesystem;
namespace {

/// The directory with its missing parents, the outermost first.
std::vector<fs::path> missing_directories(fs::path directory) {
  std::vector<fs::path> missing;
  std::error_code ignored;
  for (; !directory.empty() && !fs::exists(directory, ignored); directory = directory.parent_path()) {
    missing.insert(missing.begin(), directory);
  }
  return missing;
}

/// Absolute and without a trailing separator, so that parent_path() always goes one up.
fs::path normalised(const fs::path& directory) {
  std::error_code failure;
  fs::path path = fs::absolute(directory, failure).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

/// Those that are alive. Held while one of them is made, committed or removed.
struct Registry {
  std::mutex mutex;
  std::vector<StagedOutput*> alive;
};
Registry& registry() {
  static auto* const all = new Registry;  // never destroyed: a signal may come when main has returned
  return *all;
}

/// The one who commits to a directory, of all processes. A file system that cannot lock lets everybody in.
class DirectoryLock {
 public:
  explicit DirectoryLock(const fs::path& directory)
      : descriptor_(open(directory.c_str(), O_RDONLY | O_CLOEXEC)) {
    while (descriptor_ >= 0 && flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) continue;
  }
  ~DirectoryLock() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace

void check_output_directory(const fs::path& directory) {
  if (directory.empty()) throw DataError("the name of the output directory is empty");
  const fs::path path = normalised(directory);
  const std::vector<fs::path> missing = missing_directories(path);
  const fs::path parent = missing.empty() ? path : missing.front().parent_path();
  std::error_code ignored;
  if (!fs::is_directory(parent, ignored))
    throw DataError(fmt::format("{}: not a directory", parent.string()));
  if (access(parent.c_str(), W_OK | X_OK) != 0) {
    throw DataError(fmt::format("{}: {}", parent.string(), std::strerror(errno)));
  }
}

StagedOutput::StagedOutput(const fs::path& directory) : directory_(normalised(directory)) {
  check_output_directory(directory);
  const std::lock_guard lock(registry().mutex);
  for (const fs::path& missing : missing_directories(directory_)) {
    std::error_code failure;
    if (!fs::create_directory(missing, failure) && failure) {
      remove_traces();
      throw DataError(fmt::format("{}: {}", missing.string(), failure.message()));
    }
    made_.push_back(missing);
  }
  std::string pattern = (directory_ / ".staging-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    const std::string reason = std::strerror(errno);
    remove_traces();
    throw DataError(fmt::format("{}: {}", directory_.string(), reason));
  }
  staging_ = pattern;
  registry().alive.push_back(this);
}

StagedOutput::~StagedOutput() {
  const std::lock_guard lock(registry().mutex);
  std::erase(registry().alive, this);
  remove_traces();
}

void StagedOutput::commit(const std::vector<std::string>& names) {
  const std::lock_guard lock(registry().mutex);
  const DirectoryLock alone(directory_);
  for (const std::string& name : names) {  // what makes a rename fail, as far as that can be told beforehand
    std::error_code ignored;
    if (fs::is_directory(directory_ / name, ignored) || !fs::is_regular_file(staging_ / name, ignored)) {
      throw DataError(fmt::format("{}: cannot be put in place", (directory_ / name).string()));
    }
  }
  for (const std::string& name : names) {
    std::error_code failure;
    fs::rename(staging_ / name, directory_ / name, failure);
    if (failure) throw DataError(fmt::format("{}: {}", (directory_ / name).string(), failure.message()));
  }
  made_.clear();
}

void StagedOutput::remove_traces() noexcept {
  std::error_code ignored;
  if (!staging_.empty()) fs::remove_all(staging_, ignored);
  for (auto path = made_.rbegin(); path != made_.rend(); ++path) fs::remove(*path, ignored);
}

void remove_staging_on_signals(std::stop_source interrupted) {
  static std::atomic<bool> called = false;
  if (called.exchange(true)) return;
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals, interrupted]() mutable {
    int signal = 0;
    do {
      if (sigwait(&signals, &signal) != 0) return;
    } while (signal == SIGINT && interrupted.request_stop());  // true once
    const std::lock_guard lock(registry().mutex);
    // What gnuplot writes meanwhile may come between looking and removing.
    for (StagedOutput* const output : registry().alive)
      for (int attempt = 0; attempt < 50 && fs::exists(output->staging_); ++attempt) {
        output->remove_traces();
        std::this_thread::sleep_for(std::chrono::milliseconds(attempt));
      }
    std::signal(signal, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    std::raise(signal);
  }).detach();
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in) throw DataError(fmt::format("{}: cannot be read ({})", path.string(), std::strerror(errno)));
  return content;
}

void write_file(const fs::path& path, const std::string& content) {
  std::ofstream out(path, std::ios::binary);
  out << content;
  out.close();
  if (!out) throw DataError(fmt::format("{}: cannot be written ({})", path.string(), std::strerror(errno)));
}

void replace_file(const fs::path& path, const std::string& content) {
  static std::atomic<int> count = 0;  // nobody else's file, of this process or of another
  const fs::path fresh = fmt::format("{}.new-{}-{}", path.string(), getpid(), count++);
  std::error_code ignored, failure;
  try {
    write_file(fresh, content);
    fs::rename(fresh, path, failure);
    if (failure) throw DataError(fmt::format("{}: {}", path.string(), failure.message()));
  } catch (...) {
    fs::remove(fresh, ignored);
    throw;
  }
}

}  // namespace unroll
