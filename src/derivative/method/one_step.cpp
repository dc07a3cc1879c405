#include "unroll/derivative/one_step.hpp"

#include "derivative/run/last_step.hpp"

namespace unroll {
namespace {

class LastStepOnly final : public Linearisation {
 public:
  using Linearisation::Linearisation;

  Pullback pull(const detail::Seeds& seeds) override {
    const Matrix w = end_cotangents(seeds, "OneStep");
    if (record().steps == 0) return finish(Matrix::Zero(steps().parameters(), w.cols()), {}, w);
    if (!step_) step_ = detail::LastStep::taken(steps(), detail::Steps::Entry::start);
    detail::Cotangents c;
    step_->segment.sweep(c, {{step_->segment.x(), 0, w}}, w.cols(), 1);
    if (step_->from > 0) {
      const auto rows =
          carried_rows(step_->segment, {1, step_->t + 1}, true, [&](Index t, const Matrix& state_dot) {
            return t == step_->t ? steps().push_last_step(t, state_dot, Matrix())
                                 : steps().push_step(t, state_dot);
          });
      const auto grows = detail::growth(detail::list_lengths(step_->segment.state_inputs()),
                                        detail::list_lengths(step_->segment.state_outputs()));
      const detail::Cotangents start = pull_carried(steps(), rows, c.state, step_->state, step_->from, grows);
      return finish(c.theta + start.theta, detail::sum(c.prepared, start.prepared), start.state);
    }
    return finish(c.theta, c.prepared, std::move(c.state));
  }

 private:
  Matrix push_checked(const Matrix& theta_dot) override { return push_by_jacobian(theta_dot); }
  Matrix jacobian() override {
    const Index n = steps().dimension();
    return pull(detail::Seeds::of_end(Matrix::Identity(n, n))).theta.transpose();
  }

  std::unique_ptr<detail::LastStep> step_;  // once the run has been taken
};

}  // namespace

std::unique_ptr<Linearisation> OneStep::linearise(detail::StepsPtr steps, const Wanted& wanted) const {
  return std::make_unique<LastStepOnly>(std::move(steps), wanted);
}

}  // namespace unroll
