#include "checkpointed_sweep.hpp"
#include "derivative/method/backwards.hpp"
#include "unroll/error.hpp"

namespace unroll::detail {

namespace {

class Checkpointed final : public Backwards {
 public:
  using Backwards::Backwards;

  History history(const Selection& selected) override {
    if (!method().last_steps.is_all())
      throw UnsupportedError(
          "jacobian_history: each x_t would need last steps of its own; take Reverse{} of all steps, or "
          "Forward{}");
    return Backwards::history(selected);
  }

 private:
  Cotangents sweep(const Seeds& seeds) override {
    return checkpointed_sweep(steps(), wanted().columns, method(), seeds);
  }
};

}  // namespace

std::unique_ptr<Linearisation> checkpointed(StepsPtr steps, const Wanted& wanted, const Reverse& method) {
  return std::make_unique<Checkpointed>(std::move(steps), wanted, method);
}

}  // namespace unroll::detail
