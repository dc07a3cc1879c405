#include "derivative/checkpoint/schedule.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "derivative/checkpoint/plan.hpp"

/// The actions of schedules, executed on step numbers alone.
namespace unroll::detail {
namespace {

struct Outcome {
  Index untaped = 0, taped = 0, most_kept = 0, most_taken = 0, deepest = 0;
  std::vector<Index> errors;  // steps at which an action was not valid
};

/// Executes a schedule for a run that ends with step `end` ≤ plan.steps; sweeps must cover [begin, end).
Outcome execute(const SchedulePlan& plan, Index end, Index begin) {
  Schedule schedule(plan);
  Outcome outcome;
  const auto require = [&](bool condition, Index step) {
    if (!condition) outcome.errors.push_back(step);
  };
  std::map<Index, Index> kept;                                 // slot → step
  std::vector<Index> taken(static_cast<std::size_t>(end), 0);  // untaped
  Index state = -1, swept = end;
  bool ended = false;
  const auto stop_at = [&](Index t) {
    if (!ended) schedule.stopped(t);
    ended = true;
  };
  for (;;) {
    const Action action = schedule.next();
    switch (action.kind) {
      case Action::Kind::restart:
        state = 0;
        break;
      case Action::Kind::restore:
        require(kept.contains(action.slot) && kept[action.slot] == action.step, action.step);
        state = action.step;
        break;
      case Action::Kind::advance: {
        require(state >= 0 && action.step > state && action.step <= plan.steps, action.step);
        const Index to = std::min(action.step, end);
        for (Index t = state; t < to; ++t) ++taken[static_cast<std::size_t>(t)];
        outcome.untaped += to - state;
        state = to;
        if (action.step > end || (!ended && to == plan.steps)) stop_at(end);
        break;
      }
      case Action::Kind::store:
        require(action.step == state && !kept.contains(action.slot), action.step);
        kept[action.slot] = state;
        outcome.most_kept = std::max(outcome.most_kept, static_cast<Index>(kept.size()));
        break;
      case Action::Kind::drop:
        require(kept.contains(action.slot) && kept[action.slot] == action.step, action.step);
        kept.erase(action.slot);
        break;
      case Action::Kind::sweep: {
        const Index to = std::min(action.step, end);
        require(state >= 0 && to == swept && to - state <= plan.block, action.step);
        outcome.taped += to - state;
        outcome.deepest = std::max(outcome.deepest, to - state);
        swept = state;
        if (action.step > end || to == plan.steps) stop_at(end);
        schedule.sweep_done();
        break;
      }
      case Action::Kind::finish:
        require(swept == begin, swept);
        if (!taken.empty()) outcome.most_taken = *std::max_element(taken.begin(), taken.end());
        return outcome;
    }
  }
}

/// The least r with binom(c + r, c) ≥ T, by Pascal's rule alone.
Index repetitions(Index T, Index c) {
  std::vector<Index> row(static_cast<std::size_t>(c) + 1, 1);  // binom(i + r, i), r = 0
  Index r = 0;
  for (; row.back() < T; ++r)
    for (std::size_t i = 1; i < row.size(); ++i) row[i] = std::min<Index>(row[i] + row[i - 1], 1 << 30);
  return r;
}

TEST_CASE("revolve's least number of steps has the published values") {
  CHECK(revolve_steps(10, 3) == 15);
  CHECK(revolve_steps(100, 5) == 316);
  CHECK(revolve_steps(100, 10) == 222);
  CHECK(revolve_steps(1000, 10) == 3636);
  CHECK(revolve_steps(2000, 64) == 3934);
  CHECK(revolve_steps(10000, 20) == 37976);
  CHECK(revolve_steps(7, 1) == 21);
  CHECK(revolve_steps(1, 5) == 0);
}

TEST_CASE("the least number of steps is the minimum over all splits, and our split attains it") {
  constexpr Index T = 400, C = 12;
  std::vector<std::vector<Index>> best(C + 1, std::vector<Index>(T + 1, 0));
  for (std::size_t t = 0; t <= T; ++t) best[1][t] = static_cast<Index>(t * (t > 0 ? t - 1 : 0) / 2);
  bool minimal = true;
  for (std::size_t c = 2; c <= C; ++c)
    for (std::size_t t = 2; t <= T; ++t) {
      Index least = best[1][t];
      for (std::size_t k = 1; k < t; ++k)
        least = std::min(least, static_cast<Index>(k) + best[c - 1][t - k] + best[c][k]);
      best[c][t] = least;
      minimal = minimal && least == revolve_steps(static_cast<Index>(t), static_cast<Index>(c));
    }
  CHECK(minimal);
}

TEST_CASE("splitting as planned takes the least number of steps for every T ≤ 2000 and c ≤ 50") {
  constexpr Index T = 2000, C = 50;
  std::vector<std::vector<Index>> taken(C + 1, std::vector<Index>(T + 1, 0));
  Index wrong = 0;
  for (Index c = 1; c <= C; ++c)
    for (Index t = 2; t <= T; ++t) {
      const auto row = static_cast<std::size_t>(c), column = static_cast<std::size_t>(t);
      const Index k = revolve_split(t, c);
      taken[row][column] = c == 1 ? t * (t - 1) / 2
                                  : k + taken[row - 1][column - static_cast<std::size_t>(k)] +
                                        taken[row][static_cast<std::size_t>(k)];
      wrong += taken[row][column] == revolve_steps(t, c) ? 0 : 1;
    }
  CHECK(wrong == 0);
}

TEST_CASE("the actions of a run of known length are valid and take as few steps as revolve") {
  for (const Index T : {1, 2, 3, 4, 7, 10, 31, 100, 317, 1000, 1999, 2000})
    for (const Index c : {1, 2, 3, 4, 5, 7, 10, 16, 25, 49, 50}) {
      CAPTURE(T);
      CAPTURE(c);
      const Outcome o = execute({.steps = T, .block = 1, .slots = c}, T, 0);
      CHECK(o.errors.empty());
      CHECK(o.untaped == revolve_steps(T, c));
      CHECK(o.taped == T);
      CHECK(o.most_kept <= c);
      CHECK(o.most_taken <= repetitions(T, c));
    }
}

TEST_CASE("blocks take as few steps as revolve does over blocks") {
  for (const Index T : {1, 9, 10, 11, 250, 1003})
    for (const Index block : {1, 2, 10, 64, 2000})
      for (const Index c : {1, 2, 6, 30}) {
        CAPTURE(T);
        CAPTURE(block);
        CAPTURE(c);
        const Outcome o = execute({.steps = T, .block = block, .slots = c}, T, 0);
        CHECK(o.errors.empty());
        CHECK(o.untaped == block * revolve_steps((T + block - 1) / block, c));
        CHECK(o.taped == T);
        CHECK(o.most_kept <= c);
      }
}

TEST_CASE("a run that ends sooner than planned is reversed from where it ended") {
  for (const Index end : {0, 1, 2, 5, 49, 50, 51, 99})
    for (const Index c : {1, 2, 5})
      for (const Index block : {1, 7, 100}) {
        CAPTURE(end);
        CAPTURE(c);
        CAPTURE(block);
        const Outcome o = execute({.steps = 100, .block = block, .slots = c}, end, 0);
        CHECK(o.errors.empty());
        CHECK(o.taped == end);
        CHECK(o.most_kept <= c);
      }
}

TEST_CASE("with a run of unknown length no step is taken more than once more than with a known one") {
  for (const Index T : {0, 1, 2, 3, 5, 10, 33, 100, 316, 317, 1000, 2000})
    for (const Index c : {1, 2, 3, 4, 5, 8, 13, 50}) {
      CAPTURE(T);
      CAPTURE(c);
      const Outcome o = execute({.steps = 5000, .block = 1, .slots = c, .online = true}, T, 0);
      CHECK(o.errors.empty());
      CHECK(o.taped == T);
      CHECK(o.most_kept <= c);
      CHECK(o.most_taken <= repetitions(T, c) + 1);
      CHECK(o.untaped <= revolve_steps(T, c) + T);
    }
}

TEST_CASE("of the last K steps alone, wherever the run ends, K are taped and none but those") {
  for (const bool online : {false, true})
    for (const Index end : {0, 1, 9, 10, 11, 20, 57, 100})
      for (const Index block : {1, 4, 10}) {
        const Index K = 10, begin = std::max<Index>(0, end - K);
        CAPTURE(online);
        CAPTURE(end);
        CAPTURE(block);
        const SchedulePlan plan{.steps = 100, .block = block, .slots = 4, .last = K, .online = online};
        const Outcome o = execute(plan, end, begin);
        CHECK(o.errors.empty());
        CHECK(o.taped == end - begin);
        CHECK(o.most_kept <= 4);
        if (end == 100 && !online && block == K) CHECK(o.untaped == end - K);
        if (online && block == K) CHECK(o.untaped <= end + K);
      }
}

}  // namespace
}  // namespace unroll::detail
