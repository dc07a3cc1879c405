#include "unroll/solver/state.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unroll/ad/tape.hpp"

namespace unroll {
namespace {

template <class V>
struct Rich {
  V x, velocity;
  Matrix metric;
  double step_size;
  int restarts;
  std::vector<V> memory;
};

struct Ten {
  Vector a;
  int b, c, d, e, f, g, h, i;
  double j;
};

struct Tagged {
  using Plain = Vector;
  Vector number;
  Vector value() const { return number; }
};

static_assert(detail::member_count<State<Vector>>() == 1);
static_assert(detail::member_count<Rich<Vector>>() == 6);
static_assert(detail::member_count<Rich<Tagged>>() == 6);
static_assert(detail::member_count<Ten>() == 10);

Rich<Vector> example() {
  return {Vector::Constant(2, 1.0),  Vector::Constant(2, 2.0), Matrix::Identity(2, 2), 0.5, 7,
          {Vector::Constant(1, 4.0)}};
}

TEST_CASE("every member of a state is visited once, in order of declaration") {
  const Rich<Vector> state = example();
  std::vector<const void*> seen;
  for_each_member(state, [&](const auto& member) { seen.push_back(&member); });
  const std::vector<const void*> expected{&state.x,         &state.velocity, &state.metric,
                                          &state.step_size, &state.restarts, &state.memory};
  CHECK(seen == expected);
}

TEST_CASE("a visitor may change the members of a state") {
  Ten ten{Vector::Zero(3), 1, 2, 3, 4, 5, 6, 7, 8, 9.5};
  for_each_member(ten, [](auto& member) { member = member + member; });
  CHECK(ten.b == 2);
  CHECK(ten.i == 16);
  CHECK(ten.j == 19.0);
}

TEST_CASE("a state maps member by member to the same state over another array") {
  const auto tagged = map_state<Rich<Tagged>>(example(), [](const auto& member) {
    using M = std::remove_cvref_t<decltype(member)>;
    if constexpr (std::is_same_v<M, Vector>) {
      return Tagged{member};
    } else if constexpr (std::is_same_v<M, std::vector<Vector>>) {
      return std::vector<Tagged>{Tagged{member[0]}};
    } else {
      return member;
    }
  });
  CHECK(tagged.velocity.number == Vector::Constant(2, 2.0));
  CHECK(tagged.metric == Matrix::Identity(2, 2));
  CHECK(tagged.step_size == 0.5);
  CHECK(tagged.restarts == 7);
  CHECK(tagged.memory[0].number == Vector::Constant(1, 4.0));
}

TEST_CASE("the value of a plain array is the array itself, not a copy") {
  const Vector v = Vector::Ones(3);
  const Matrix m = Matrix::Ones(3, 2);
  CHECK(&value_of(v) == &v);
  CHECK(&value_of(m) == &m);
}

TEST_CASE(
    "the value of a member that carries derivatives is what its value() gives, a counter keeps its type") {
  Tape tape;
  const VarVector taped = tape.input(Vector::Constant(3, 2.0));
  const DualVector dual(Vector::Constant(3, 4.0), Matrix::Ones(3, 2));
  CHECK(value_of(taped) == Vector::Constant(3, 2.0));
  CHECK(value_of(dual) == Vector::Constant(3, 4.0));
  CHECK(value_of(taped[1]) == 2.0);
  CHECK(value_of(dual[1] * dual[2]) == 16.0);
  CHECK(value_of(1.5) == 1.5);
  static_assert(std::is_same_v<decltype(value_of(7)), int> &&
                std::is_same_v<decltype(value_of(Index{7})), Index>);
}

struct Schedule {
  double step_size;
  std::vector<int> plan;
};

TEST_CASE("a member that carries no derivative is itself") {
  const Schedule schedule{0.5, {1, 2}};
  CHECK(&value_of(schedule) == &schedule);
}

TEST_CASE("a state of every kind of member maps from the tape to plain numbers") {
  static_assert(detail::member_count<Rich<VarVector>>() == 6 &&
                detail::member_count<Rich<DualVector>>() == 6);
  Tape tape;
  const VarVector x = tape.input(Vector::Constant(2, 3.0));
  struct Taped {
    VarVector x;
    VarMatrix metric;
    Var step_size;
    Index restarts;
  };
  struct Plain {
    Vector x;
    Matrix metric;
    double step_size;
    Index restarts;
  };
  const Taped taped{x, tape.input(Matrix::Identity(2, 2)), tape.input(0.5), 7};
  const Plain plain = map_state<Plain>(taped, [](const auto& member) { return value_of(member); });
  CHECK(plain.x == Vector::Constant(2, 3.0));
  CHECK(plain.metric == Matrix::Identity(2, 2));
  CHECK(plain.step_size == 0.5);
  CHECK(plain.restarts == 7);
}

}  // namespace
}  // namespace unroll
