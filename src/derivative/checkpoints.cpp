#include <map>

#include "checkpointed_sweep.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

namespace {

class Checkpointed final : public Linearisation {
 public:
  Checkpointed(std::unique_ptr<Steps> steps, const Wanted& wanted, const Reverse& method)
      : Linearisation(std::move(steps), wanted), method_(method) {}

  Pullback pull(const Seeds& seeds) override {
    Cotangents c = checkpointed_sweep(steps(), wanted().columns, method_, seeds);
    return finish(c.theta, c.prepared, std::move(c.state));
  }

  Matrix jacobian() override {
    const Index n = steps().dimension();
    return pull(Seeds::of_end(Matrix::Identity(n, n))).theta.transpose();
  }

  History history(const Selection& selected) override {
    if (!method_.last_steps.is_all())
      throw UnsupportedError(
          "jacobian_history: each x_t would need last steps of its own; take Reverse{} of all steps, or "
          "Forward{}");
    const Index n = steps().dimension();
    std::map<Index, Vector> iterates;
    Seeds seeds = Seeds::of_all(selected, n);
    seeds.of = [&, of = seeds.of](Index t, const Vector& x, bool is_end) {
      if (selected(t)) iterates.emplace(t, x);
      return of(t, x, is_end);
    };
    const Matrix rows = pull(seeds).theta.transpose();
    History history;
    for (const auto& [t, x] : iterates) {
      history.dx.push_back(rows.middleRows(n * static_cast<Index>(history.t.size()), n));
      history.t.push_back(t);
      history.x.push_back(x);
    }
    return history;
  }

 private:
  Matrix push_checked(const Matrix& theta_dot) override { return jacobian() * theta_dot; }

  Reverse method_;
};

}  // namespace

std::unique_ptr<Linearisation> checkpointed(std::unique_ptr<Steps> steps, const Wanted& wanted,
                                            const Reverse& method) {
  return std::make_unique<Checkpointed>(std::move(steps), wanted, method);
}

}  // namespace unroll::detail
