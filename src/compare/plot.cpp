#include "unroll/compare/plot.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include "compare/gnuplot_data.hpp"
#include "unroll/compare/staged_output.hpp"

namespace unroll {
namespace fs = std::filesystem;
namespace {

/// Runs gnuplot on a script in a directory, its messages going to a file there. The exit status; 127 without
/// gnuplot.
int run_gnuplot(const fs::path& directory, const std::string& script, const std::string& log) {
  const pid_t child = fork();
  if (child == 0) {
    const int messages = chdir(directory.c_str()) == 0 ? open(log.c_str(), O_WRONLY | O_CREAT, 0600) : -1;
    if (messages < 0) _exit(126);
    dup2(messages, STDOUT_FILENO);
    dup2(messages, STDERR_FILENO);
    execlp("gnuplot", "gnuplot", "--default-settings", script.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return 126;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
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
                const fs::path& directory) {
  const std::string script = name + ".gp", data = name + ".dat", log = name + ".log";
  write_file(directory / data, points);
  write_file(directory / script, commands);
  const int status = run_gnuplot(directory, script, log);
  PlotResult result;
  result.files = {name + ".svg", name + ".png"};
  const bool complete = std::all_of(result.files.begin(), result.files.end(), [&](const std::string& file) {
    std::error_code ignored;
    return fs::file_size(directory / file, ignored) > 0 && !ignored;
  });
  if (status == 127) {
    result.problem = "gnuplot is not installed";
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

PlotResult plot(const Figure& figure, const fs::path& directory) {
  return draw(figure.name, gnuplot_script(figure), gnuplot_data({figure}), directory);
}

PlotResult plot(const Panels& panels, const fs::path& directory) {
  return draw(panels.name, gnuplot_script(panels), gnuplot_data(panels.figures), directory);
}

}  // namespace unroll
