// The figures of this project: what unrolled derivatives do, against what theory says. Each comes with its
// data as CSV, as SVG and PNG, and with one sentence computed from the data.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "../progress.hpp"
#include "study.hpp"
#include "unroll/compare/staged_output.hpp"
#include "unroll/error.hpp"

namespace {

namespace fs = std::filesystem;
using figures::Settings;
using figures::Study;

/// Computes and draws one figure; its files appear together. The sentence.
std::string make(const Study& study, Settings settings, const fs::path& directory) {
  unroll::StagedOutput output(directory);
  examples::Progress progress;
  settings.jobs.progress = [&](const unroll::JobProgress& p) {
    progress.show(fmt::format("{}: {} of {} done", study.name, p.done, p.all), p.done - p.reused,
                  p.all - p.reused);
  };
  // What an interrupted run leaves is taken up by the next one of the same settings.
  const fs::path unfinished =
      directory / fmt::format(".{}.{}.{}.csv", study.name, settings.small ? "small" : "full", settings.seed);
  study.compute(settings, unfinished);
  progress.clear();
  const figures::Records records = figures::Records::read(unfinished);
  const std::string sentence = study.sentence(records);
  std::vector<std::string> files = {study.name + ".csv", study.name + ".txt"};
  fs::copy_file(unfinished, output.staging() / files[0]);
  unroll::write_file(output.staging() / files[1], sentence + "\n");
  const unroll::PlotResult plot = unroll::plot(study.picture(records), output.staging());
  if (!plot.problem.empty()) fmt::print("no plot of {}: {}\n", study.name, plot.problem);
  files.insert(files.end(), plot.files.begin(), plot.files.end());
  output.commit(files);
  fs::remove(unfinished);
  fmt::print("{}\n  wrote {}/{{{}}}\n\n", sentence, directory.string(), fmt::join(files, ","));
  std::fflush(stdout);
  return sentence;
}

}  // namespace

int main(int argc, char** argv) {
  unroll::remove_staging_on_signals();
  CLI::App app{"Draws the figures: CSV, SVG, PNG and a sentence of each."};
  Settings settings{.data_directory = UNROLL_DATA_DIR};
  settings.jobs.threads = static_cast<unroll::Index>(std::max(1U, std::thread::hardware_concurrency()));
  std::string out = "figures.out";
  std::vector<std::string> only;
  app.add_option("--out", out, "directory for the files")->capture_default_str();
  app.add_option("--only", only, "names of figures, or how they begin [all]")->delimiter(',');
  app.add_option("--seed", settings.seed, "of everything random")->capture_default_str();
  app.add_option("--threads", settings.jobs.threads, "at work at the same time")->capture_default_str();
  app.add_flag("--small", settings.small, "fewer points and steps: a few seconds");
  CLI11_PARSE(app, argc, argv);
  try {
    std::string sentences;
    for (const Study& study : figures::all_studies()) {
      const bool wanted = only.empty() || std::any_of(only.begin(), only.end(), [&](const std::string& name) {
                            return study.name.starts_with(name);
                          });
      if (wanted) sentences += study.name + ": " + make(study, settings, out) + "\n";
    }
    unroll::replace_file(fs::path(out) / "sentences.txt", sentences);
    return EXIT_SUCCESS;
  } catch (const unroll::Error& error) {
    fmt::print(stderr, "figures: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
