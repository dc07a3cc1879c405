// How far the comparison of the solvers is, and what it leaves where it is stopped.
#include <doctest/doctest.h>

#include <stop_token>
#include <string>
#include <vector>

#include "compare/data_setup.hpp"
#include "unroll/compare/curse.hpp"

using namespace unroll;
using test::setup;

namespace {

TEST_CASE("progress is reported stage by stage, and grows from nothing to the whole") {
  const Setup problem = setup({.data = "auto_mpg"});
  std::vector<std::string> stages;
  double reached = 0;
  CurseOptions options{.solvers = {"chebyshev"}, .steps = 60};
  options.progress = [&](const CurseProgress& progress) {
    CHECK(progress.fraction >= reached);
    reached = progress.fraction;
    if (stages.empty() || stages.back() != progress.stage) stages.emplace_back(progress.stage);
  };
  run_curse(problem.instance, options);
  CHECK(stages == std::vector<std::string>{"forward", "reverse", "closed form", "prediction"});
  CHECK(reached == 1);
}

TEST_CASE("a run that is stopped gives the solvers that are finished, and names those that are missing") {
  const Setup problem = setup({.data = "auto_mpg"});
  std::stop_source stop;
  CurseOptions options{.solvers = {"gd-short", "nesterov", "chebyshev"}, .steps = 20};
  options.stop = stop.get_token();
  options.progress = [&](const CurseProgress& progress) {
    if (progress.solver == "nesterov" && progress.stage == "reverse") stop.request_stop();
  };
  const CurseResult result = run_curse(problem.instance, options);
  CHECK(result.summaries.size() == 1);
  CHECK(result.records.size() == 21);
  CHECK(result.missing == std::vector<std::string>{"nesterov", "chebyshev"});
}

}  // namespace
