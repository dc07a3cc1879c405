// The curse of unrolling (Scieur et al. 2022) on a data set: how far is the derivative of a solver's iterates
// from the derivative of the solution, step by step? Start with no options at all; --help lists them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stop_token>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "progress.hpp"
#include "unroll/compare/advice.hpp"
#include "unroll/compare/curse.hpp"
#include "unroll/compare/html_report.hpp"
#include "unroll/compare/plot.hpp"
#include "unroll/compare/records.hpp"
#include "unroll/compare/report.hpp"
#include "unroll/compare/setup.hpp"
#include "unroll/compare/staged_output.hpp"
#include "unroll/error.hpp"

namespace {

constexpr int bad_input = 2, interrupted = 130;

struct Options {
  unroll::SetupOptions setup{.data_directory = UNROLL_DATA_DIR};
  unroll::CurseOptions curse;
  std::string eta = "auto";
  std::string out = "curse_of_unrolling.out";
};

void declare(CLI::App& app, Options& o) {
  app.add_option("--data", o.setup.data,
                 "bundled data set, CSV file (one header row, all numeric), or synthetic")
      ->capture_default_str();
  app.add_option("--target", o.setup.target, "column to explain [the last]");
  app.add_option("--loss", o.setup.loss, "ridge or logistic")->capture_default_str();
  app.add_option("--theta", o.setup.theta, "weight of the regulariser theta |x|^2/2, positive")
      ->capture_default_str();
  app.add_option("--solvers", o.curse.solvers,
                 fmt::format("some of {} [all]", fmt::join(unroll::solver_names(), ",")))
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--steps", o.curse.steps, "steps of each solver")->capture_default_str();
  app.add_flag(
      "--corrected", o.curse.corrected,
      "also follow the corrected Jacobian: adjoints of all steps, mixed derivative of the last alone");
  app.add_option("--x0", o.setup.start,
                 "start: ones, zero, normal, or a file of numbers, one per line [ones; synthetic: normal]");
  app.add_option("--x0-scale", o.setup.start_scale, "multiplies x0")->capture_default_str();
  app.add_option("--seed", o.setup.seed, "of synthetic data and of a normal x0")
      ->check([](const std::string& text) {
        return text.starts_with('-') ? "must not be negative" : std::string();
      })
      ->capture_default_str();
  app.add_option("--alpha", o.curse.alpha, "weight exponent of the solver sobolev, positive")
      ->capture_default_str();
  app.add_option("--eta", o.eta, "eta of the solver sobolev: auto, oracle or a number")
      ->capture_default_str();
  app.add_option("--out", o.out, "directory for report.html, trajectory.csv and the plots")
      ->capture_default_str();
}

/// Writes records, plots and report, all or nothing, and says what it wrote.
void write(const std::string& directory, const unroll::Setup& setup, const unroll::CurseResult& result,
           const std::string& command) {
  unroll::StagedOutput output(directory);
  std::vector<std::string> files = {"report.html", "trajectory.csv"};
  std::vector<unroll::Drawing> drawings;
  for (const unroll::Figure& figure : unroll::figures(setup, result)) {
    const unroll::PlotResult plot = unroll::plot(figure, output.staging());
    files.insert(files.end(), plot.files.begin(), plot.files.end());
    if (!plot.problem.empty()) fmt::print("no plot of {}: {}\n", figure.name, plot.problem);
    const bool drawn = plot.problem.empty();
    drawings.push_back({figure.name, figure.title,
                        drawn ? unroll::read_file(output.staging() / (figure.name + ".svg")) : "",
                        plot.problem});
  }
  unroll::write_file(output.staging() / files[0], unroll::html_report(setup, result, drawings, command));
  unroll::write_file(output.staging() / files[1], unroll::to_csv(result.records));
  output.commit(files);
  for (const std::string& file : files) fmt::print("wrote {}/{}\n", directory, file);
}

/// Every option, with what those without a fixed default came to.
std::string command(const CLI::App& app, const unroll::Setup& setup, const Options& options) {
  return examples::command_line(app,
                                {{"--target", setup.target},
                                 {"--x0", unroll::start_kind(options.setup)},
                                 {"--solvers", fmt::format("{}", fmt::join(unroll::solver_names(), ","))}});
}

/// One line on stderr, whatever the message holds.
int fail(std::string message, int exit_code) {
  std::replace_if(
      message.begin(), message.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  fmt::print(stderr, "curse_of_unrolling: {}\n", message);
  return exit_code;
}

/// The exit code. A run that is interrupted shows and writes the solvers that are finished, if there are any.
int run(const CLI::App& app, Options options) {
  options.curse.eta = unroll::parse_eta(options.eta);
  unroll::check(options.curse);
  unroll::check_output_directory(options.out);
  const unroll::Setup setup = unroll::set_up(options.setup);
  fmt::print("{}\n", unroll::describe(setup));
  std::fflush(stdout);

  examples::Progress progress;
  options.curse.progress = [&](const unroll::CurseProgress& p) {
    progress.show(fmt::format("{}: {}, {:.0f} % of all done", p.solver, p.stage, 100 * p.fraction),
                  p.fraction, 1.0);
  };
  const unroll::CurseResult result = unroll::run_curse(setup.instance, options.curse);
  progress.clear();
  if (result.summaries.empty()) return fail(unroll::interruption(result), interrupted);
  fmt::print("Jacobian's error relative to dx*, 1 at the start\n{}\n", unroll::burn_in_table(result).str());
  if (const auto corrected = unroll::corrected_table(result))
    fmt::print("The same, corrected: adjoints of all steps, mixed derivative of the last alone\n{}\n",
               corrected->str());
  fmt::print("Cost of the last Jacobian, and the largest difference of the ways to compute it\n{}\n",
             unroll::agreement_table(result).str());
  for (const unroll::SolverSummary& solver : result.summaries)
    fmt::print("{}\n", unroll::advice(solver, result));
  fmt::print("\n");
  write(options.out, setup, result, command(app, setup, options));
  return result.missing.empty() ? EXIT_SUCCESS : fail(unroll::interruption(result), interrupted);
}

}  // namespace

int main(int argc, char** argv) {
  std::stop_source interrupt;
  unroll::remove_staging_on_signals(interrupt);
  Options options;
  options.curse.stop = interrupt.get_token();
  CLI::App app{"Shows how far the derivative of a solver's iterates is from the derivative of the solution.",
               "curse_of_unrolling"};
  declare(app, options);
  try {
    app.parse(argc, argv);
    return run(app, options);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return fail(error.what(), bad_input);
  } catch (const unroll::Error& error) {
    return fail(error.what(), bad_input);
  } catch (const std::exception& error) {
    return fail(error.what(), EXIT_FAILURE);
  }
}
