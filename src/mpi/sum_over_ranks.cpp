#include "unroll/mpi/sum_over_ranks.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <span>
#include <string_view>

#include "unroll/error.hpp"

namespace unroll::mpi {

namespace detail {
namespace {

template <class Array>
std::span<const double> numbers(const Array& a) {
  return {a.data(), static_cast<std::size_t>(a.size())};
}
template <class... Arrays>
Fingerprint fingerprint(const Arrays&... arrays) {
  Fingerprint what;
  (what.add(arrays.size()).add(numbers(arrays)), ...);
  return what;
}
std::span<double> written(Vector& v) { return {v.data(), static_cast<std::size_t>(v.size())}; }

/// dx and dtheta one after the other, which are one sum.
struct Together {
  Index n, p, k;
  Vector all = Vector::Zero((n + p) * k);
  WritableColumns dx() { return {all.data(), n, k}; }
  WritableColumns dtheta() { return {all.data() + n * k, p, k}; }
  void set(const SecondOrder& s) {
    dx() = s.dx;
    dtheta() = s.dtheta;
  }
  SecondOrder result() { return {dx(), dtheta()}; }
};

}  // namespace

double share_of(const Communicator& comm, Index rows) {
  const double mine = static_cast<double>(rows);
  const std::vector<std::vector<double>> all = comm.gather({&mine, 1});
  double m = 0;
  for (std::size_t r = 0; r < all.size(); ++r) {
    if (!(all[r][0] >= 1))
      throw ShapeError(fmt::format(
          "mean over ranks: rank {} of {} has {} rows; give every rank one at least (rows_of_rank), or "
          "start fewer ranks",
          r, all.size(), all[r][0]));
    m += all[r][0];
  }
  return mine / m;
}

template <class Base>
OverRanks<Base>::OverRanks(const Communicator& comm, double weight, const Make& make)
    : comm_(comm), weight_(weight) {
  comm_.agree("sum over ranks", {}, [&] {
    part_ = make();
    if (!part_) throw DomainError("make gave no problem, but null");
    if (!(weight >= 0) || !std::isfinite(weight))
      throw DomainError(fmt::format("its weight is {}, it must be finite and not negative", weight));
  });
  n_ = part_->dimension();
  p_ = part_->parameters();
  has_objective_ = part_->has_objective();
  has_equation_ = part_->has_equation();
  const std::array<double, 4> mine{static_cast<double>(n_), static_cast<double>(p_),
                                   has_objective_ ? 1.0 : 0.0, has_equation_ ? 1.0 : 0.0};
  const std::vector<std::vector<double>> all = comm_.gather(mine);
  for (std::size_t r = 1; r < all.size(); ++r) {
    if (all[r][0] != all[0][0] || all[r][1] != all[0][1])
      throw ShapeError(fmt::format(
          "sum over ranks: the part of rank 0 has n = {}, p = {}, that of rank {} n = {}, p = {}; split the "
          "rows, and give every rank all columns",
          all[0][0], all[0][1], r, all[r][0], all[r][1]));
    if (all[r] != all[0])
      throw DomainError(fmt::format("sum over ranks: the part of rank 0 is {}, that of rank {} is {}",
                                    all[0][2] == 0 ? "no objective" : "an objective", r,
                                    all[r][2] == 0 ? "none" : "one"));
  }
}

template <class Base>
OverRanks<Base>::OverRanks(const OverRanks<FiniteSum>& sum, double weight,
                           std::shared_ptr<const Problem> part)
    : comm_(sum.comm_),
      weight_(weight),
      part_(std::move(part)),
      n_(sum.n_),
      p_(sum.p_),
      has_objective_(sum.has_objective_),
      has_equation_(sum.has_equation_) {}

/// `give` writes what this rank's part gives to `sum`, which holds zeros and becomes the sum over ranks.
template <class Base>
template <class Give>
void OverRanks<Base>::total(std::string_view operation, const Fingerprint& what, std::span<double> sum,
                            const Give& give) const {
  comm_.agree(operation, what, [&] {
    if (part_) give();
  });
  if (weight_ != 1) Eigen::Map<Vector>(sum.data(), static_cast<Index>(sum.size())) *= weight_;
  comm_.sum(sum);
}

template <class Base>
double OverRanks<Base>::value(const Vector& x, const Vector& theta) const {
  Vector f = Vector::Zero(1);
  total("value", fingerprint(x, theta), written(f), [&] { f[0] = part_->value(x, theta); });
  return f[0];
}

template <class Base>
Vector OverRanks<Base>::gradient(const Vector& x, const Vector& theta) const {
  return this->written_gradient(x, theta);
}

template <class Base>
void OverRanks<Base>::gradient_into(const VectorView& x, const VectorView& theta, WritableVector g) const {
  g.setZero();
  total("gradient", fingerprint(x, theta), {g.data(), static_cast<std::size_t>(g.size())},
        [&] { part_->gradient_into(x, theta, g); });
}

template <class Base>
SecondOrder OverRanks<Base>::second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                                          const Matrix& theta_dot) const {
  return this->written_second_order(x, theta, x_dot, theta_dot);
}

template <class Base>
void OverRanks<Base>::second_order_into(const VectorView& x, const VectorView& theta,
                                        const ColumnsView& x_dot, const ColumnsView& theta_dot,
                                        WritableColumns dx, WritableColumns dtheta) const {
  const bool wants_theta = dtheta.size() > 0;
  Together sum{n_, wants_theta ? p_ : 0, x_dot.cols()};
  total("second_order", fingerprint(x, theta, x_dot, theta_dot).add(Index{wants_theta}), written(sum.all),
        [&] {
          part_->second_order_into(x, theta, x_dot, theta_dot, sum.dx(), wants_theta ? sum.dtheta() : dtheta);
        });
  dx = sum.dx();
  if (wants_theta) dtheta = sum.dtheta();
}

template <class Base>
Vector OverRanks<Base>::parameter_gradient(const Vector& x, const Vector& theta) const {
  Vector g = Vector::Zero(p_);
  total("parameter_gradient", fingerprint(x, theta), written(g),
        [&] { g.head(p_) = checked_parameter_gradient(*part_, x, theta); });
  return g;
}

template <class Base>
Matrix OverRanks<Base>::push_gradient(const Vector& x, const Vector& theta, const Matrix& x_dot,
                                      const Matrix& theta_dot) const {
  Together sum{n_, 0, x_dot.cols()};
  total("push_gradient", fingerprint(x, theta, x_dot, theta_dot), written(sum.all),
        [&] { sum.dx() = checked_push(*part_, x, theta, x_dot, theta_dot); });
  return sum.dx();
}

template <class Base>
SecondOrder OverRanks<Base>::pull_gradient(const Vector& x, const Vector& theta, const Matrix& w) const {
  Together sum{n_, p_, w.cols()};
  total("pull_gradient", fingerprint(x, theta, w), written(sum.all),
        [&] { sum.set(checked_pull(*part_, x, theta, w)); });
  return sum.result();
}

template <class Base>
SecondOrder OverRanks<Base>::third_order(const Vector& x, const Vector& theta, const Vector& w,
                                         const Matrix& x_dot, const Matrix& theta_dot) const {
  Together sum{n_, p_, x_dot.cols()};
  total("third_order", fingerprint(x, theta, w, x_dot, theta_dot), written(sum.all),
        [&] { sum.set(checked_third_order(*part_, x, theta, w, x_dot, theta_dot)); });
  return sum.result();
}

template <class Base>
void OverRanks<Base>::check_domain(const Vector& theta) const {
  comm_.agree("check_domain", fingerprint(theta), [&] {
    if (part_) part_->check_domain(theta);
  });
}

template <class Base>
std::optional<Curvature> OverRanks<Base>::curvature(const Vector& theta) const {
  // Σ w_r of ℓ and both constants, and how many parts do not know them.
  Vector sums = Vector::Zero(6);
  bool is_exact = true;
  comm_.agree("curvature", fingerprint(theta), [&] {
    if (!part_) return;
    const std::optional<Curvature> c = part_->curvature(theta);
    is_exact = c && c->exact;
    const auto add = [&](Index i, const std::optional<double>& constant) {
      sums[2 * i] = constant ? weight_ * *constant : 0;
      sums[2 * i + 1] = constant ? 0 : 1;
    };
    add(0, c ? std::optional(c->smallest_eigenvalue) : std::nullopt);
    add(1, c ? c->hessian_lipschitz : std::nullopt);
    add(2, c ? c->mixed_lipschitz : std::nullopt);
  });
  comm_.sum(written(sums));
  const auto known = [&](Index i) {
    return sums[2 * i + 1] == 0 ? std::optional(sums[2 * i]) : std::nullopt;
  };
  if (!known(0)) return std::nullopt;
  return Curvature{sums[0], known(1), known(2), comm_.size() == 1 && is_exact};
}

template class OverRanks<Problem>;
template class OverRanks<FiniteSum>;

}  // namespace detail

FiniteSumOverRanks::FiniteSumOverRanks(const Communicator& comm, Index terms, const MakeSum& make)
    : OverRanks(comm, detail::share_of(comm, terms), [&]() -> std::shared_ptr<const Problem> {
        const std::shared_ptr<const FiniteSum> sum = make();
        if (sum && sum->terms() != terms)
          throw ShapeError(fmt::format("{} terms were announced, make gave {}", terms, sum->terms()));
        return sum;
      }) {
  const double mine = static_cast<double>(terms);
  const std::vector<std::vector<double>> all = comm.gather({&mine, 1});
  for (std::size_t r = 0; r < all.size(); ++r) {
    if (static_cast<Index>(r) == comm.rank()) first_ = terms_;
    terms_ += static_cast<Index>(all[r][0]);
  }
  count_ = terms;
}

std::shared_ptr<const Problem> FiniteSumOverRanks::batch(std::vector<Index> rows) const {
  std::vector<Index> mine;
  for (const Index row : rows)
    if (row >= first_ && row < first_ + count_) mine.push_back(row - first_);
  const double weight = static_cast<double>(mine.size()) / static_cast<double>(rows.size());
  std::shared_ptr<const Problem> part;
  if (!mine.empty()) part = static_cast<const FiniteSum&>(*this->part()).batch(std::move(mine));
  return std::shared_ptr<const Problem>(new const SumOverRanks(*this, weight, std::move(part)));
}

}  // namespace unroll::mpi
