#include "unroll/compare/staged_output.hpp"

#include <fmt/format.h>
#include <stdlib.h>  // mkdtemp
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

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
}

StagedOutput::~StagedOutput() { remove_traces(); }

void StagedOutput::commit(const std::vector<std::string>& names) {
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
  const fs::path fresh = path.string() + ".new";
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
