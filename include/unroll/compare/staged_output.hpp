#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace unroll {

/// A directory that receives a set of files whole or not at all. The files are written to `staging()`, a
/// hidden directory inside it, and `commit` moves them in place; without a commit the destructor leaves
/// everything as it was found, the directory itself gone again if it was made here.
class StagedOutput {
 public:
  /// @throws DataError if the directory cannot be made or written.
  explicit StagedOutput(const std::filesystem::path& directory);
  ~StagedOutput();
  StagedOutput(const StagedOutput&) = delete;
  StagedOutput& operator=(const StagedOutput&) = delete;

  /// The directory to write to before `commit`.
  const std::filesystem::path& staging() const { return staging_; }

  /// Moves the named files from the staging directory to the directory, over files of the same name there. Of
  /// several processes that commit to one directory each waits for the other, so that the last one's files
  /// are there whole.
  /// @throws DataError naming the file that could not be moved.
  void commit(const std::vector<std::string>& names);

 private:
  friend void remove_staging_on_signals(std::stop_source interrupted);
  void remove_traces() noexcept;

  std::filesystem::path directory_;
  std::filesystem::path staging_;
  std::vector<std::filesystem::path> made_;  // directories made here, the outermost first
};

/// To be called at the start of main, of which a second call changes nothing: from then on SIGINT, SIGTERM
/// and SIGHUP are waited for in a thread of its own, which lets a commit finish, removes what every
/// StagedOutput of the process has not committed, and then ends the process by that signal. A program that
/// has something to finish gives a stop source: the first SIGINT requests that stop, and nothing else.
void remove_staging_on_signals(std::stop_source interrupted = std::stop_source(std::nostopstate));

/// Throws what the constructor of StagedOutput would, as far as that can be told without writing anything.
void check_output_directory(const std::filesystem::path& directory);

/// The content of a file. @throws DataError if it cannot be read.
std::string read_file(const std::filesystem::path& path);

/// Writes a file whole. @throws DataError if it cannot be opened or the disk is full.
void write_file(const std::filesystem::path& path, const std::string& content);

/// Writes a file beside its place and moves it there: at every moment the path holds the old file whole, or
/// the new one. @throws DataError as write_file.
void replace_file(const std::filesystem::path& path, const std::string& content);

}  // namespace unroll
