// The sentences say what the records say: on made-up ones, that a thing is so, and that it is not.
#include <doctest/doctest.h>

#include "study.hpp"

namespace figures {
namespace {

void check_says(const std::string& sentence, const std::string& words) {
  CAPTURE(sentence);
  CAPTURE(words);
  CHECK(sentence.find(words) != std::string::npos);
}

/// Two steps on one data set, of which the large one optimises sooner, with these peaks.
Records two_steps(const std::string& short_peak, const std::string& large_peak) {
  return {{"problem", "solver", "t", "suboptimality", "jacobian_error"},
          {{"data", "1/L", "0", "1", "1"},
           {"data", "1/L", "10", "1e-3", short_peak},
           {"data", "1/L", "20", "1e-9", "0.1"},
           {"data", "2/(L+ℓ)", "0", "1", "1"},
           {"data", "2/(L+ℓ)", "10", "1e-9", large_peak},
           {"data", "2/(L+ℓ)", "20", "1e-12", "0.1"}}};
}

TEST_CASE("the better optimiser is called the worse differentiator only if its Jacobian's peak is higher") {
  const std::string worse = step_size().sentence(two_steps("2", "7.5")),
                    better = step_size().sentence(two_steps("7.5", "2"));
  check_says(worse, "from t = 10 with h = 2/(L+ℓ) and from t = 20 with h = 1/L");
  check_says(worse, "peaks at 7.5 times its start with the former and at 2 times");
  check_says(worse, "worse differentiator on 1 of 1");
  check_says(better, "peaks at 2 times its start with the former and at 7.5 times");
  check_says(better, "worse differentiator on 0 of 1");
}

Records burn_ins(const std::string& bound) {
  return {{"step_size", "kappa", "peak_formula", "peak_measured", "height_measured", "end_measured",
           "height_predicted", "end_predicted", "height_bound"},
          {{"1/L", "10", "10", "10", "4", "30", "4", "30", "6"},
           {"1/L", "100", "100", "100", "4", "300", "4", "330", bound}}};
}

TEST_CASE("a bound below what is measured is called violated, and growth is what the lengths say") {
  const std::string holds = burn_in().sentence(burn_ins("8")), fails = burn_in().sentence(burn_ins("2"));
  check_says(holds, "holds everywhere (1.50 to 2.00 times");
  check_says(fails, "is violated (0.50 to 1.50 times");
  check_says(holds, "length like κ^1.00 (h = 1/L), in height like κ^0.00");
  check_says(holds, "10 % in length and 0 % in height");
}

Records two_methods(const std::string& sobolev_peak, const std::string& sobolev_end,
                    const std::string& corrected_end) {
  return {{"data", "solver", "t", "jacobian_error", "corrected_error"},
          {{"d", "sobolev", "1", sobolev_peak, "2"},
           {"d", "sobolev", "2", sobolev_end, corrected_end},
           {"d", "chebyshev", "1", "5", "0.5"},
           {"d", "chebyshev", "2", "0.02", "0.001"},
           {"d", "instance-optimal", "1", "0.9", ""},
           {"d", "instance-optimal", "2", "0.005", ""}}};
}

TEST_CASE("the method of the lowest peak, the soonest one and a crossing of the lower bound are found") {
  const std::string one = methods().sentence(two_methods("1.5", "0.006", "0.1")),
                    other = methods().sentence(two_methods("9", "0.001", "0.008"));
  check_says(one, "lowest with sobolev (1.5 times its start at most) and highest with chebyshev (5 times)");
  check_says(one, "within 1 % with sobolev, on 1 of 1");
  check_says(one, "no method is ever below the instance-optimal curve (least ratio of the errors 1.2)");
  check_says(other, "lowest with chebyshev (5 times its start at most) and highest with sobolev (9 times)");
  check_says(other, "a method crosses the instance-optimal curve (least ratio of the errors 0.2)");
}

TEST_CASE("whether the correction is sooner is counted run by run") {
  const std::string one = methods().sentence(two_methods("1.5", "0.006", "0.1")),
                    other = methods().sentence(two_methods("9", "0.1", "0.008"));
  check_says(one, "Corrected it peaks lowest with chebyshev (0.5 times its start at most)");
  check_says(
      one,
      "soonest within 1 % with chebyshev, on 1 of 1 data sets; it is there sooner than unrolled in 1 of 2");
  check_says(other, "sooner than unrolled in 2 of 2 runs");
}

Records formulas(const std::string& identity, const std::string& general) {
  return {{"commutator", "master_identity_gap", "general_gap"},
          {{"1e-4", "1e-15", "1e-15"}, {"1e-1", identity, general}}};
}

TEST_CASE("which formulas hold where nothing commutes is read off the gaps") {
  check_says(commutator().sentence(formulas("0.5", "1e-14")), "only the general closed form holds");
  check_says(commutator().sentence(formulas("0.5", "0.1")), "the general closed form fails too");
  check_says(commutator().sentence(formulas("1e-14", "1e-14")), "both formulas hold");
}

Records logistic_runs(const std::string& products, const std::string& prediction) {
  const std::string name = "local prediction";
  return {{"problem", "method", "t", "jacobian_error", "gradients", "hessian_vector_products"},
          {{"d", "unrolled", "1", "2", "1", "1"},
           {"d", "unrolled", "20", "1e-4", "20", "20"},
           {"d", name, "1", "1", "0", "0"},
           {"d", name, "20", prediction, "0", "0"},
           {"d", "implicit", "1", "1", "1", products},
           {"d", "implicit", "20", "1e-5", "20", products}}};
}

TEST_CASE("the cheaper of unrolling and implicit differentiation depends on the products") {
  const std::string cheap = logistic().sentence(logistic_runs("10", "1e-4")),
                    dear = logistic().sentence(logistic_runs("500", "1"));
  check_says(cheap, "from t = 20 (cost 30): implicit is the cheaper");
  check_says(dear, "from t = 20 (cost 520): unrolling is the cheaper");
  check_says(cheap, "within a factor 2 of what is measured from t = 1.");
  check_says(dear, "within a factor 2 of what is measured not within 20 steps.");
}

TEST_CASE("the cheapest way to a hypergradient, and those that never get there, follow from the records") {
  const auto records = [](const std::string& cost, const std::string& error) {
    return Records({"method", "t", "cost", "tape_bytes", "error"},
                   {{"unrolled", "9", "100", "2048", "1e-7"}, {"implicit", "9", cost, "1024", error}});
  };
  check_says(derivatives().sentence(records("50", "1e-8")), "the least cost is that of implicit (50");
  check_says(derivatives().sentence(records("50", "1e-8")), "every method gets there");
  check_says(derivatives().sentence(records("500", "1e-8")), "the least cost is that of unrolled (100");
  check_says(derivatives().sentence(records("500", "1e-8")), "the least memory that of implicit (1 KiB)");
  check_says(derivatives().sentence(records("50", "0.5")), "never there: implicit (5.0e-01 at best)");
}

TEST_CASE("to err upwards in η is advised only where too small costs more than too large") {
  const auto records = [](const std::string& small_peak, const std::string& large_steps) {
    return Records({"alpha", "kind", "eta_over_exact", "peak", "settled"},
                   {{"0.5", "grid", "1e-3", small_peak, "40"},
                    {"0.5", "grid", "1e3", "1", large_steps},
                    {"0.5", "exact", "1", "1.5", "40"},
                    {"0.5", "automatic", "10", "1.1", "42"}});
  };
  check_says(sobolev().sentence(records("15", "44")), "10 % more steps (peak 1, 44 steps): err upwards");
  check_says(sobolev().sentence(records("1.8", "80")),
             "100 % more steps (peak 1, 80 steps): there is nothing");
  check_says(sobolev().sentence(records("15", "")), "1 % not reached): there is nothing");
}

TEST_CASE("what a named accuracy costs is read against the cheapest fixed choice that reaches it") {
  const auto records = [](const std::string& cost, const std::string& error) {
    return Records({"problem", "method", "steps", "asked", "cost", "error"},
                   {{"ridge", "fixed steps and tolerance", "9", "0.1", "100", "1e-3"},
                    {"ridge", "fixed steps and tolerance", "20", "0.1", "200", "1e-2"},
                    {"ridge", "certified", "99", "1e-2", cost, error}});
  };
  check_says(accuracy().sentence(records("150", "1e-4")), "1 of 1 accuracies are met, at 1.50 to 1.50 times");
  check_says(accuracy().sentence(records("50", "0.1")), "0 of 1 accuracies are met, at 0.50 to 0.50 times");
}

}  // namespace
}  // namespace figures
