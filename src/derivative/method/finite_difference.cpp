#include "unroll/derivative/finite_difference.hpp"

#include <fmt/format.h>

#include <cmath>

#include "derivative/run/steps.hpp"
#include "unroll/error.hpp"

namespace unroll {
namespace {

using detail::SeedBlock;
using detail::Seeds;

class Differences final : public Linearisation {
 public:
  Differences(detail::StepsPtr steps, const Wanted& wanted, double step)
      : Linearisation(std::move(steps), wanted), step_(step) {}

  Pullback pull(const Seeds& seeds) override {
    const RunRecord& run = record();
    seeds.check_end(run.steps);
    const auto seen = [&](Index t) { return t == run.steps || seeds.wanted(t); };
    std::vector<SeedBlock> blocks;
    run_again([&](Index t, const Vector& x) {
      if (seen(t)) blocks.push_back(seeds.of(t, x, t == run.steps));
    });
    const Index n = steps().dimension(), p = steps().parameters(), s = seeds.columns(run.steps);
    const auto pulled = [&](const std::vector<Vector>& slopes) {
      Vector row = Vector::Zero(s);
      for (std::size_t i = 0; i < blocks.size(); ++i)
        if (blocks[i].w.size() > 0)
          row.segment(blocks[i].column, blocks[i].w.cols()) += blocks[i].w.transpose() * slopes[i];
      return row;
    };
    Pullback back{Matrix(p, s), {}};
    for (Index i = 0; i < p; ++i) back.theta.row(i) = pulled(slopes_along(Vector::Unit(p, i), seen));
    if (!wanted().start) return back;
    back.start.resize(n, s);
    const double least = std::min(1.0, size_of_run());
    for (Index i = 0; i < n; ++i)
      back.start.row(i) = pulled(difference(Vector::Unit(n, i), Vector::Zero(p),
                                            step_ * std::max(least, std::abs(steps().x0()[i])), seen)
                                     .slopes);
    return back;
  }

  Matrix jacobian() override { return jacobian_by_push(); }

  History history(const detail::Selection& selected) override {
    History history;
    const Index n = steps().dimension(), p = steps().parameters();
    record();
    run_again([&](Index t, const Vector& x) {
      if (!selected(t)) return;
      history.t.push_back(t);
      history.x.push_back(x);
      history.dx.push_back(Matrix(n, p));
    });
    for (Index i = 0; i < p; ++i) {
      const std::vector<Vector> slopes = slopes_along(Vector::Unit(p, i), selected);
      for (std::size_t k = 0; k < slopes.size(); ++k) history.dx[k].col(i) = slopes[k];
    }
    return history;
  }

 private:
  Matrix push_checked(const Matrix& theta_dot) override {
    record();
    run_again([](Index, const Vector&) {});
    Matrix slopes = Matrix::Zero(steps().dimension(), theta_dot.cols());
    for (Index j = 0; j < theta_dot.cols(); ++j) {
      const Vector v = theta_dot.col(j);
      if (v.any()) slopes.col(j) = slopes_along(v, [&](Index t) { return t == record().steps; }).back();
    }
    return slopes;
  }

  /// The run itself, which must be what it was: differences of runs that cannot be repeated say nothing.
  void run_again(const detail::SeeIterate& see) {
    steps().run_from(steps().x0(), steps().theta(), record().steps, [&](Index t, const Vector& x) {
      see(t, x);
      if (t > 0 && t == record().steps) steps().repeats_end(x);
    });
  }

  /// The largest entry of x_0 and x_T, 1 if all are 0: the unit of x, where it is smaller than 1.
  double size_of_run() {
    double largest = 0;
    for (const Vector* x : {&steps().x0(), &record().x})
      if (x->size() > 0) largest = std::max(largest, x->lpNorm<Eigen::Infinity>());
    return largest == 0 ? 1 : largest;
  }

  /// Slopes along v ≠ 0 in θ of the iterates that are `seen`. The unit of an entry is |θ_i|, or 1 where that
  /// is 0: h = step / max_i(|v_i|/|θ_i|). Of a small θ_i nothing but rounding may come of it, as in 1 + θ:
  /// entries of x that move by less than 1e-9 of themselves are taken again with 1 as the unit, where f is
  /// defined there and that moves them.
  template <class Seen>
  std::vector<Vector> slopes_along(const Vector& v, const Seen& seen) {
    double largest = 0;
    for (Index i = 0; i < v.size(); ++i) {
      const double size = std::abs(steps().theta()[i]);
      largest = std::max(largest, std::abs(v[i]) / (size == 0 ? 1 : size));
    }
    Vector x0_dot = Vector::Zero(steps().dimension());
    if (const Start& start = steps().start(); !start.function) x0_dot = start.push(steps().theta(), v);
    const double h = step_ / largest, wide = step_ / v.lpNorm<Eigen::Infinity>();
    Difference d = difference(x0_dot, v, h, seen);
    constexpr double much = 100;
    if (d.stays.any() && wide > much * h) {
      try {
        const Difference other = difference(x0_dot, v, wide, seen);
        Index row = 0;
        for (std::size_t k = 0; k < d.slopes.size(); ++k)
          for (Index i = 0; i < d.slopes[k].size(); ++i, ++row)
            if (d.stays[row] && !other.stays[row]) d.slopes[k][i] = other.slopes[k][i];
      } catch (const Error&) {
      }
    }
    return d.slopes;
  }

  /// Differences of the iterates that are `seen`, in order; and which of all their entries hardly moved.
  struct Difference {
    std::vector<Vector> slopes;
    Eigen::Array<bool, Eigen::Dynamic, 1> stays;
  };
  template <class Seen>
  Difference difference(const Vector& x0_dot, const Vector& theta_dot, double h, const Seen& seen) {
    const auto iterates = [&](double signed_h) {
      std::vector<Vector> kept;
      const Vector there = steps().theta() + signed_h * theta_dot;
      const bool moves = steps().start().function != nullptr && theta_dot.any();
      const Vector x0 =
          moves ? steps().start().at(steps().problem(), there) : Vector(steps().x0() + signed_h * x0_dot);
      steps().run_from(x0, there, record().steps, [&](Index t, const Vector& x) {
        if (seen(t)) kept.push_back(x);
      });
      return kept;
    };
    std::vector<Vector> ahead = iterates(h);
    const std::vector<Vector> behind = iterates(-h);
    const Index n = steps().dimension();
    Difference d{{}, Eigen::Array<bool, Eigen::Dynamic, 1>(n * std::ssize(ahead))};
    constexpr double little = 1e-9;
    for (std::size_t i = 0; i < ahead.size(); ++i) {
      const Vector change = ahead[i] - behind[i];
      d.stays.segment(n * static_cast<Index>(i), n) =
          change.array().abs() <= little * ahead[i].array().abs().max(behind[i].array().abs());
      d.slopes.push_back(change / (2 * h));
    }
    return d;
  }

  double step_;
};

}  // namespace

std::unique_ptr<Linearisation> FiniteDifference::linearise(detail::StepsPtr steps,
                                                           const Wanted& wanted) const {
  if (!(step > 0) || std::isinf(step))
    throw DomainError(fmt::format("finite difference: the step is {}, must be positive", step));
  return std::make_unique<Differences>(std::move(steps), wanted, step);
}

}  // namespace unroll
