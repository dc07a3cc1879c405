#include "unroll/derivative/forward.hpp"

#include "derivative/run/steps.hpp"

namespace unroll {
namespace {

using detail::Seeds;

class Forwards final : public Linearisation {
 public:
  using Linearisation::Linearisation;

  Pullback pull(const Seeds& seeds) override {
    const Index n = steps().dimension(), p = steps().parameters(), starts = wanted().start ? n : 0;
    // Tangents of θ first, then of x_0, so that x_0(θ)'s part is in the former.
    Matrix x0_dot(n, p + starts), theta_dot = Matrix::Identity(p, p + starts);
    x0_dot.leftCols(p) = steps().start().push(steps().theta(), Matrix::Identity(p, p));
    x0_dot.rightCols(starts).setIdentity();

    struct Seen {
      Index t = -1;
      Vector x{};
      Matrix dx{};
    } last;
    std::vector<std::pair<Index, Matrix>> pulled;  // what cotangents from a column on gave, until s is known
    const auto pull_last = [&](bool is_end) {
      if (last.t < 0 || !(is_end || seeds.wanted(last.t))) return;
      const detail::SeedBlock block = seeds.of(last.t, last.x, is_end);
      if (block.w.size() > 0) pulled.emplace_back(block.column, last.dx.transpose() * block.w);
    };
    steps().run_forward(x0_dot, theta_dot, [&](Index t, const Vector& x, const Matrix& dx) {
      pull_last(false);
      last = {t, x, dx};
    });
    const Index steps_taken = steps().record.steps;
    seeds.check_end(steps_taken);
    pull_last(true);

    Matrix all = Matrix::Zero(p + starts, seeds.columns(steps_taken));
    for (const auto& [column, product] : pulled) all.middleCols(column, product.cols()) += product;
    return {all.topRows(p), all.bottomRows(starts)};
  }

  Matrix jacobian() override { return jacobian_by_push(); }

  History history(const detail::Selection& selected) override {
    History history;
    const Index p = steps().parameters();
    const Matrix identity = Matrix::Identity(p, p);
    steps().run_forward(steps().start().push(steps().theta(), identity), identity,
                        [&](Index t, const Vector& x, const Matrix& dx) {
                          if (!selected(t)) return;
                          history.t.push_back(t);
                          history.x.push_back(x);
                          history.dx.push_back(dx);
                        });
    return history;
  }

 private:
  Matrix push_checked(const Matrix& theta_dot) override {
    return steps().run_forward(steps().start().push(steps().theta(), theta_dot), theta_dot);
  }
};

}  // namespace

std::unique_ptr<Linearisation> Forward::linearise(detail::StepsPtr steps, const Wanted& wanted) const {
  return std::make_unique<Forwards>(std::move(steps), wanted);
}

}  // namespace unroll
