#include "unroll/compare/plot.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <optional>
#include <system_error>
#include <thread>

#include "compare/gnuplot_data.hpp"
#include "unroll/compare/staged_output.hpp"

namespace unroll {
namespace fs = std::filesystem;
namespace {

/// The status of a child process that ends within the limit; else it is killed, with the processes that it
/// started.
std::optional<int> wait_for(pid_t child, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  for (int status = 0;;) {
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) return status;
    const bool late = std::chrono::steady_clock::now() >= end;
    if (ended < 0 || late) {
      kill(-child, SIGKILL);
      waitpid(child, nullptr, 0);
      return std::nullopt;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

constexpr int not_in_time = -1;

/// Runs gnuplot on a script in a directory, its messages going to a file there. The exit status; 127 without
/// gnuplot.
int run_gnuplot(const fs::path& directory, const std::string& script, const std::string& log,
                std::chrono::milliseconds limit) {
  const pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const int messages = chdir(directory.c_str()) == 0 ? open(log.c_str(), O_WRONLY | O_CREAT, 0600) : -1;
    if (messages < 0) _exit(126);
    dup2(messages, STDOUT_FILENO);
    dup2(messages, STDERR_FILENO);
    execlp("gnuplot", "gnuplot", "--default-settings", script.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  if (child < 0) return 126;
  setpgid(child, child);  // whoever comes first, parent or child
  const std::optional<int> status = wait_for(child, limit);
  if (!status) return not_in_time;
  return WIFEXITED(*status) ? WEXITSTATUS(*status) : 126;
}

/// The first line of a file that says something.
std::string first_message(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  while (std::getline(in, line) && line.find_first_not_of(" \t\r") == std::string::npos) continue;
  return line;
}

/// Writes script and data, draws, and removes what is not wanted.
PlotResult draw(const std::string& name, const std::string& commands, const std::string& points,
                const fs::path& directory, std::chrono::milliseconds limit) {
  const std::string script = name + ".gp", data = name + ".dat", log = name + ".log";
  write_file(directory / data, points);
  write_file(directory / script, commands);
  const int status = run_gnuplot(directory, script, log, limit);
  PlotResult result;
  result.files = {name + ".svg", name + ".png"};
  const bool complete = std::all_of(result.files.begin(), result.files.end(), [&](const std::string& file) {
    std::error_code ignored;
    return fs::file_size(directory / file, ignored) > 0 && !ignored;
  });
  if (status == 127) {
    result.problem = "gnuplot is not installed";
  } else if (status == not_in_time) {
    result.problem =
        fmt::format("gnuplot did not end within {} s", std::chrono::duration<double>(limit).count());
  } else if (status != 0 || !complete) {
    result.problem = "gnuplot failed: " + first_message(directory / log);
  }
  std::vector<std::string> leftovers = {script, data, log};
  if (!result.problem.empty()) leftovers.insert(leftovers.end(), result.files.begin(), result.files.end());
  if (!result.problem.empty()) result.files.clear();
  for (const std::string& file : leftovers) {
    std::error_code ignored;
    fs::remove(directory / file, ignored);
  }
  return result;
}

}  // namespace

PlotResult plot(const Figure& figure, const fs::path& directory, std::chrono::milliseconds limit) {
  return draw(figure.name, gnuplot_script(figure), gnuplot_data({figure}), directory, limit);
}

PlotResult plot(const Panels& panels, const fs::path& directory, std::chrono::milliseconds limit) {
  return draw(panels.name, gnuplot_script(panels), gnuplot_data(panels.figures), directory, limit);
}

}  // namespace unroll
