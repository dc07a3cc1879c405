#include <fmt/format.h>

#include <algorithm>

#include "backwards.hpp"
#include "derivative/run/last_step.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

namespace {

constexpr const char* instead =
    "take Reverse{.corrected = true} where they contract on the way, or Implicit{}; where they do not, as of "
    "a solution that is one of many, Reverse{}";
// What accelerated steps make of a cotangent before they contract is less by far: some √κ.
constexpr double most_growth = 1e6;

/// Steps T − 1, T − 2, … as they are taken at x_T, swept one by one.
class AtEnd final : public Backwards {
 public:
  using Backwards::Backwards;

  History history(const Selection& selected) override { return Linearisation::history(selected); }

 private:
  bool gathers_at_end() const override { return true; }
  Cotangents sweep(const Seeds& seeds) override {
    Matrix w = end_cotangents(seeds, "Reverse{.at_end}");
    const Index columns = w.cols();
    Cotangents c;
    if (record().steps > 0) steps().repeat_last_step();
    Segment segment(steps().dimension(), columns, method().threads);
    const Eigen::RowVectorXd given = w.colwise().stableNorm(), enough = method().tolerance * given,
                             too_long = most_growth * given;
    Eigen::RowVectorXd left = given;
    for (Index t = record().steps - 1; t >= 0 && (left.array() > enough.array()).any(); --t) {
      steps().to_end();
      if (!steps().record_last_step(t, Steps::Entry::state, segment, steps().gathers()))
        throw UnsupportedError(
            fmt::format("Reverse{{.at_end}}: the step taken as number {} at x_T is refused there, or gives x "
                        "back as it is, as a line search does that finds nothing to gain: it has no "
                        "derivative to repeat; {}",
                        t + 1, instead));
      check_state_stays(segment);
      std::vector<Segment::IterateSeed> end;
      if (w.size() > 0) end.push_back({segment.x(), 0, std::move(w)});
      w = Matrix();
      segment.sweep(c, end, columns, method().threads);
      Matrix made = c.state;  // (the cotangents of what steps pass on as it is add up)
      for (const Segment::Rows& a : segment.carried()) made.middleRows(a.begin, a.count).setZero();
      left = made.colwise().stableNorm();
      if (!left.allFinite())
        throw NumericalError(
            fmt::format("Reverse{{.at_end}}: the step taken as number {} at x_T has no finite derivative "
                        "there, as that of a solver whose state degenerates at a solution; {}",
                        t + 1, instead));
      if ((left.array() > too_long.array()).any())
        throw NumericalError(fmt::format(
            "Reverse{{.at_end}}: the steps taken at x_T do not contract, {} of them make a cotangent "
            "more than {:.0e} times as long; {}",
            record().steps - t, most_growth, instead));
    }
    constexpr Index few = 16;  // of which a state may still be on its way up
    constexpr double rounding = 1e-9;
    if (record().steps > few && (left.array() > (1 - rounding) * given.array()).any())
      throw NumericalError(fmt::format(
          "Reverse{{.at_end}}: of the {} steps taken at x_T nothing says that they contract, they make a "
          "cotangent {:.1f} times as long; {}",
          record().steps, (left.array() / given.array()).maxCoeff(), instead));
    Cost& cost = steps().record.cost;
    cost.tape_bytes = std::max(cost.tape_bytes, segment.bytes());
    return c;
  }
};

}  // namespace

std::unique_ptr<Linearisation> at_end(StepsPtr steps, const Wanted& wanted, const Reverse& method) {
  return std::make_unique<AtEnd>(std::move(steps), wanted, method);
}

}  // namespace unroll::detail
