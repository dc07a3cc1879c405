#include "unroll/compare/records.hpp"

#include <doctest/doctest.h>

#include <charconv>
#include <random>
#include <string_view>

using namespace unroll;

TEST_CASE("records become one line each, what is not known stays empty") {
  std::vector<Record> records(2);
  records[0] = {"gd-short", 0, 1, 1, 0.0, {}};
  records[1] = {"gd-short", 1, 0.5, 2.25, {}, 1e-16};
  CHECK(to_csv(records) ==
        "solver,t,objective_suboptimality,jacobian_error,reverse_forward_gap,closed_form_gap\n"
        "gd-short,0,1,1,0,\n"
        "gd-short,1,0.5,2.25,,1e-16\n");
}

TEST_CASE("a column of corrected errors is there where a record has one") {
  std::vector<Record> records(2);
  records[0] = {"gd-short", 0, 1, 1, 0.0, {}, 1.0};
  records[1] = {"gd-short", 1, 0.5, 2.25, {}, 1e-16, {}};
  CHECK(
      to_csv(records) ==
      "solver,t,objective_suboptimality,jacobian_error,reverse_forward_gap,closed_form_gap,corrected_error\n"
      "gd-short,0,1,1,0,,1\n"
      "gd-short,1,0.5,2.25,,1e-16,\n");
}

TEST_CASE("every double of a record reads back as the same double") {
  std::mt19937_64 engine(1);
  std::lognormal_distribution<double> any(0, 50);
  for (int i = 0; i < 1000; ++i) {
    Record record;
    record.objective_suboptimality = any(engine);
    const std::string text = to_csv({record});
    const std::size_t start = text.find(",0,", text.find('\n')) + 3;
    double value = 0;
    std::from_chars(text.data() + start, text.data() + text.find(',', start), value);
    CHECK(value == record.objective_suboptimality);
  }
}
