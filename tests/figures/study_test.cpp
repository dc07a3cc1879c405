#include "study.hpp"

#include <doctest/doctest.h>

#include "support/temporary_directory.hpp"

namespace figures {
namespace {

std::string csv_of(const Study& study, std::uint64_t seed, unroll::Index threads) {
  const unroll::test::TemporaryDirectory directory;
  const auto file = directory.path() / "out.csv";
  study.compute(
      {.small = true, .seed = seed, .data_directory = UNROLL_DATA_DIR, .jobs = {.threads = threads}}, file);
  return unroll::test::content(file);
}

TEST_CASE("a figure's data is the same bit for bit with the same seed, whatever the threads") {
  for (const Study& study : all_studies()) {
    CAPTURE(study.name);
    const std::string once = csv_of(study, 1, 1);
    CHECK(once.size() > 200);
    CHECK(once == csv_of(study, 1, 2));
  }
}

TEST_CASE("the figures of random problems change with the seed") {
  for (const Study& study : {step_size(), burn_in(), commutator()}) {
    CAPTURE(study.name);
    CHECK(csv_of(study, 1, 2) != csv_of(study, 2, 2));
  }
}

}  // namespace
}  // namespace figures
