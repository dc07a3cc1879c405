#pragma once

#include <concepts>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "unroll/ad/plain.hpp"
#include "unroll/ad/structure.hpp"
#include "unroll/ad/worlds.hpp"
#include "unroll/problem/make_problem.hpp"
#include "unroll/problem/prepare.hpp"

namespace unroll {

namespace detail {

/// f(member) for all of what was prepared that is of another type on a tape; what is not, a number or a
/// matrix of numbers, is a constant.
template <class Plain, class Taped, class P, class F>
void for_each_moving(const P& prepared, const F& f) {
  if constexpr (std::is_aggregate_v<Plain> && std::is_class_v<Plain>) {
    const auto all = members(prepared);
    using A = decltype(members(std::declval<Plain&>()));
    using B = decltype(members(std::declval<Taped&>()));
    const auto one = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
      if constexpr (!std::is_same_v<std::tuple_element_t<I, A>, std::tuple_element_t<I, B>>)
        f(std::get<I>(all));
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) { (one(std::integral_constant<std::size_t, I>{}), ...); }
    (std::make_index_sequence<std::tuple_size_v<A>>{});
  } else if constexpr (!std::is_same_v<Plain, Taped>) {
    f(prepared);
  }
}

/// The entries of what moves, in order of declaration, each array flattened.
template <class V, class F, class P>
V stack_prepared(const P& prepared) {
  V all{Vector()};
  const auto add = [&]<class A>(const auto& self, const A& block) -> void {
    if constexpr (ad::AnyArray<A>)
      all = V(concatenate(all, flatten(block)));
    else if constexpr (is_std_vector<A>)
      for (const auto& element : block) self(self, element);
    else
      all = V(concatenate(all, assemble(std::span<const A>(&block, 1))));
  };
  for_each_moving<PreparedOf<F, Vector>, PreparedOf<F, VarVector>>(
      prepared, [&](const auto& block) { add(add, block); });
  return all;
}

/// @throws ShapeError if what f prepares for one θ has not always as many entries, as in (θ, π), θ of p,
/// UnsupportedError if these are not always the same.
void check_prepared_again(const Vector& now, Index p, const Vector& point);

/// f(x, θ, π) at one θ: see GivenProblem. Refers to `f`.
template <class F>
class GivenTemplate final : public GivenProblem {
  using Plain = PreparedOf<F, Vector>;
  using Taped = PreparedOf<F, VarVector>;

 public:
  GivenTemplate(const F& f, Index n, Vector theta)
      : f_(f),
        n_(n),
        theta_(std::move(theta)),
        prepared_(unroll::prepare(f, theta_)),
        constant_theta_(theta_),
        constants_(convert_prepared<Taped>(prepared_,
                                           []<class A>(const A& value) {
                                             if constexpr (std::is_arithmetic_v<A>)
                                               return Var(value);
                                             else if constexpr (A::ColsAtCompileTime == 1)
                                               return VarVector(value);
                                             else
                                               return VarMatrix(value);
                                           })),
        point_(concatenate(theta_, stack_prepared<Vector, F>(prepared_))) {}

  std::optional<SparsePattern> pattern() const override { return pattern_of(f_); }
  const Vector& theta() const { return theta_; }
  const Vector& point() const override { return point_; }
  Index dimension() const override { return n_; }
  Index parameters() const override { return point_.size(); }

  double value(const Vector& x, const Vector&) const override { return f_(x, theta_, prepared_); }

  Vector gradient(const Vector& x, const Vector&) const override { return written_gradient(x, point_); }
  void gradient_into(const VectorView& x, const VectorView&, WritableVector g) const override {
    detail::gradient_into(recorded(), x, VectorView(point_.data(), point_.size()), g);
  }
  Vector parameter_gradient(const Vector& x, const Vector&) const override {
    return detail::parameter_gradient(recorded(), x, point_);
  }
  SecondOrder second_order(const Vector& x, const Vector&, const Matrix& x_dot,
                           const Matrix& point_dot) const override {
    return written_second_order(x, point_, x_dot, point_dot);
  }
  void second_order_into(const VectorView& x, const VectorView&, const ColumnsView& x_dot,
                         const ColumnsView& point_dot, WritableColumns dx,
                         WritableColumns dpoint) const override {
    detail::second_order_into(recorded(), x, VectorView(point_.data(), point_.size()), x_dot, point_dot, dx,
                              dpoint);
  }
  SecondOrder third_order(const Vector& x, const Vector&, const Vector& w, const Matrix& x_dot,
                          const Matrix& point_dot) const override {
    return detail::third_order(recorded(), x, point_, w, x_dot, point_dot);
  }

  Matrix push(const Matrix& theta_dot) const override {
    const Index p = theta_.size(), k = theta_dot.cols();
    if (k == 0) return Matrix(point_.size(), k);
    Tape tape = Tape::pushing(k);
    tape.refer_to(f_);
    const VarVector all = prepared_on(tape.input(theta_, theta_dot));
    return ad::stacked(theta_dot, all.is_constant() ? Matrix(Matrix::Zero(point_.size() - p, k))
                                                    : ad::last_columns(all.block(), k));
  }

  Matrix pull(const Matrix& w) const override {
    const Index p = theta_.size();
    Matrix pulled = ad::rows_of(w, 0, p);
    const Matrix of_prepared = ad::rows_of(w, p, w.rows() - p);
    if (of_prepared.isZero(0)) return pulled;
    Tape tape;
    tape.refer_to(f_);
    const VarVector theta = tape.input(theta_), all = prepared_on(theta);
    if (!all.is_constant()) pulled += tape.sweep(all, of_prepared).adjoint(theta);
    return pulled;
  }

 private:
  Recorded<Var> recorded() const {
    return {std::addressof(f_), sizeof(F), this,
            [](const void* given, const VarVector& x, const VarVector& point) -> Var {
              const auto& self = *static_cast<const GivenTemplate*>(given);
              if (point.is_constant()) return self.f_(x, self.constant_theta_, self.constants_);
              return self.f_(x, head(point, self.theta_.size()), self.blocks_of(point));
            }};
  }
  VarVector prepared_on(const VarVector& theta) const {
    VarVector all = stack_prepared<VarVector, F>(unroll::prepare(f_, theta));
    check_prepared_again(all.value(), theta_.size(), point_);
    return all;
  }
  // π as it was prepared, from its entries in (θ, π).
  Taped blocks_of(const VarVector& point) const {
    Index first = theta_.size();
    return convert_prepared<Taped>(prepared_, [&]<class A>(const A& like) {
      if constexpr (std::is_arithmetic_v<A>) {
        return point[first++];
      } else {
        const VarVector entries = segment(point, first, like.size());
        first += like.size();
        if constexpr (A::ColsAtCompileTime == 1)
          return entries;
        else
          return VarMatrix(reshape(entries, like.rows(), like.cols()));
      }
    });
  }

  const F& f_;
  Index n_;
  Vector theta_;
  Plain prepared_;
  VarVector constant_theta_;
  Taped constants_;
  Vector point_;
};

}  // namespace detail

/// f(x, θ, π(θ)) as a function of (x, θ).
template <class F>
struct WithPrepared {
  F f;
  template <class V>
  auto operator()(const V& x, const V& theta) const {
    return f(x, theta, unroll::prepare(f, theta));
  }
  /// f's own.
  std::optional<Curvature> curvature(const Vector& theta) const requires requires(const F& g) {
    { g.curvature(theta) } -> std::convertible_to<std::optional<Curvature>>;
  }
  { return f.curvature(theta); }
  std::optional<SparsePattern> pattern() const { return detail::pattern_of(f); }
};

/// A problem from a template f(x, θ, π), π = f.prepare(θ), an array, a scalar, or an aggregate of these and
/// of lists of them, over V. For whoever asks for one θ again and again, a run above all, π is made once, and
/// the cotangents that reach it are summed before they are pulled back.
template <class F>
class PreparedProblem final : public TemplateProblem<WithPrepared<F>> {
  using Base = TemplateProblem<WithPrepared<F>>;

 public:
  /// @throws ShapeError unless n ≥ 1 and p ≥ 0.
  PreparedProblem(F f, Index n, Index p) : Base({std::move(f)}, n, p) {}
  PreparedProblem(const PreparedProblem& other) : Base(other) {}  // the copy prepares anew
  PreparedProblem& operator=(const PreparedProblem&) = delete;

  double value(const Vector& x, const Vector& theta) const override { return at(theta)->value(x, theta); }
  Vector gradient(const Vector& x, const Vector& theta) const override {
    return at(theta)->gradient(x, theta);
  }
  SecondOrder second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                           const Matrix& theta_dot) const override {
    return this->written_second_order(x, theta, x_dot, theta_dot);
  }
  void gradient_into(const VectorView& x, const VectorView& theta, WritableVector g) const override {
    Problem::gradient_into(x, theta, g);
  }
  void second_order_into(const VectorView& x, const VectorView& theta, const ColumnsView& x_dot,
                         const ColumnsView& theta_dot, WritableColumns dx,
                         WritableColumns dtheta) const override {
    if (!theta_dot.isZero(0))  // it curves π, too
      return Base::second_order_into(x, theta, x_dot, theta_dot, dx, dtheta);
    const auto problem = at(theta);
    const Vector& point = problem->point();
    Matrix of_point(dtheta.size() == 0 ? 0 : point.size(), x_dot.cols());
    problem->second_order_into(x, VectorView(point.data(), point.size()), x_dot, ColumnsView(nullptr, 0, 0),
                               dx, WritableColumns(of_point.data(), of_point.rows(), of_point.cols()));
    if (dtheta.size() > 0) dtheta = problem->pull(of_point);
  }
  std::shared_ptr<const GivenProblem> given(const Vector& theta) const override { return at(theta); }

 private:
  std::shared_ptr<const detail::GivenTemplate<F>> at(const Vector& theta) const {
    const std::lock_guard lock(mutex_);
    if (!last_ || last_->theta() != theta)
      last_ = std::make_shared<const detail::GivenTemplate<F>>(this->function().f, this->dimension(), theta);
    return last_;
  }

  mutable std::mutex mutex_;
  mutable std::shared_ptr<const detail::GivenTemplate<F>> last_;  // of the θ that was asked for last
};

/// The problem min_x f(x, θ, f.prepare(θ)), likewise.
template <class F>
requires HasPrepare<F, Vector> PreparedProblem<F> make_problem(F f, Index n, Index p) {
  return PreparedProblem<F>(std::move(f), n, p);
}

}  // namespace unroll
