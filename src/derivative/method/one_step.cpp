#include "unroll/derivative/one_step.hpp"

#include "derivative/run/last_step.hpp"

namespace unroll {
namespace {

class LastStepOnly final : public Linearisation {
 public:
  using Linearisation::Linearisation;

  Pullback pull(const detail::Seeds& seeds) override {
    const Matrix w = end_cotangents(seeds, "OneStep");
    if (record().steps == 0) return finish({w, {}, Matrix::Zero(steps().parameters(), w.cols())});
    if (!step_) step_ = detail::LastStep::taken(steps(), detail::Steps::Entry::start);
    detail::Cotangents c;
    step_->segment.sweep(c, {{step_->segment.x(), 0, w}}, w.cols(), 1);
    if (step_->from > 0) {
      const auto rows = carried_rows(steps(), step_->segment, {1, step_->t + 1}, step_->t);
      go_on_to_start(c, pull_carried(steps(), rows, c.state, step_->state, step_->from,
                                     {list_lengths(step_->segment.state_inputs()),
                                      list_lengths(step_->segment.state_outputs())}));
    }
    return finish(std::move(c));
  }

 private:
  Matrix push_checked(const Matrix& theta_dot) override { return push_by_jacobian(theta_dot); }
  Matrix jacobian() override { return jacobian_by_pull(); }

  std::unique_ptr<detail::LastStep> step_;  // once the run has been taken
};

}  // namespace

std::unique_ptr<Linearisation> OneStep::linearise(detail::StepsPtr steps, const Wanted& wanted) const {
  return std::make_unique<LastStepOnly>(std::move(steps), wanted);
}

}  // namespace unroll
