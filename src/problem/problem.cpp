#include "unroll/problem/problem.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "unroll/ad/arena.hpp"
#include "unroll/error.hpp"

namespace unroll {

namespace {
VectorView view(const Vector& x) { return {x.data(), x.size()}; }
ColumnsView view(const Matrix& x) { return {x.data(), x.rows(), x.cols()}; }
WritableColumns written(Matrix& x) { return {x.data(), x.rows(), x.cols()}; }
}  // namespace

Vector Problem::parameter_gradient(const Vector&, const Vector&) const {
  throw UnsupportedError("problem: this one does not give ∇_θ f (override parameter_gradient)");
}

void Problem::check_domain(const Vector& theta) const {
  for (Index i = 0; i < theta.size(); ++i)
    if (!std::isfinite(theta[i])) throw DomainError(fmt::format("problem: theta[{}] is {}", i, theta[i]));
}

Matrix Problem::push_gradient(const Vector& x, const Vector& theta, const Matrix& x_dot,
                              const Matrix& theta_dot) const {
  Matrix dx(x.size(), x_dot.cols());
  second_order_into(view(x), view(theta), view(x_dot),
                    theta_dot.isZero(0) ? ColumnsView(nullptr, 0, 0) : view(theta_dot), written(dx),
                    {nullptr, 0, 0});
  return dx;
}

Matrix Problem::gradient_and_push(const Vector& x, const Vector& theta, const Matrix& x_dot,
                                  const Matrix& theta_dot) const {
  Matrix both(x.size(), 1 + x_dot.cols());
  both << checked_gradient(*this, x, theta), checked_push(*this, x, theta, x_dot, theta_dot);
  return both;
}

Matrix Problem::pull_to_parameters(const Vector& x, const Vector& theta, const Matrix& w) const {
  return pull_gradient(x, theta, w).dtheta;
}

SecondOrder Problem::pull_gradient(const Vector& x, const Vector& theta, const Matrix& w) const {
  return second_order(x, theta, w, Matrix::Zero(parameters(), w.cols()));
}

SecondOrder Problem::third_order(const Vector&, const Vector&, const Vector&, const Matrix&,
                                 const Matrix&) const {
  throw UnsupportedError(
      "problem: third derivatives of f are needed, as they are where Newton's method is unrolled, and this "
      "problem does not give them: override third_order (make_problem does), or take Implicit{} or "
      "OneStep{}");
}

std::shared_ptr<const GivenProblem> Problem::given(const Vector&) const { return nullptr; }

std::optional<Curvature> Problem::curvature(const Vector&) const { return std::nullopt; }

namespace {

struct Answer {
  const char* function;
  const char* part = "";
};
void check_answer(Answer answer, const char* sizes, Index rows, Index cols, Index rows_given,
                  Index cols_given) {
  if (rows_given == rows && cols_given == cols) return;
  throw ShapeError(fmt::format("problem: its {}{} is {}x{}, it must be {} = {}x{}", answer.function,
                               answer.part, rows_given, cols_given, sizes, rows, cols));
}

SecondOrder checked(SecondOrder s, const Vector& x, const Vector& theta, Index k, const char* function) {
  check_answer({function, "'s dx"}, "n x k", x.size(), k, s.dx.rows(), s.dx.cols());
  check_answer({function, "'s dtheta"}, "p x k", theta.size(), k, s.dtheta.rows(), s.dtheta.cols());
  return s;
}

}  // namespace

Vector checked_gradient(const Problem& problem, const Vector& x, const Vector& theta) {
  Vector g = problem.gradient(x, theta);
  check_answer({"gradient"}, "n x 1", x.size(), 1, g.size(), 1);
  return g;
}

Vector checked_parameter_gradient(const Problem& problem, const Vector& x, const Vector& theta) {
  Vector g = problem.parameter_gradient(x, theta);
  check_answer({"parameter_gradient"}, "p x 1", theta.size(), 1, g.size(), 1);
  return g;
}

SecondOrder checked_second_order(const Problem& problem, const Vector& x, const Vector& theta,
                                 const Matrix& x_dot, const Matrix& theta_dot) {
  return checked(problem.second_order(x, theta, x_dot, theta_dot), x, theta, x_dot.cols(), "second_order");
}

Matrix checked_push(const Problem& problem, const Vector& x, const Vector& theta, const Matrix& x_dot,
                    const Matrix& theta_dot) {
  Matrix pushed = problem.push_gradient(x, theta, x_dot, theta_dot);
  check_answer({"second_order", "'s dx"}, "n x k", x.size(), x_dot.cols(), pushed.rows(), pushed.cols());
  return pushed;
}

Matrix checked_gradient_and_push(const Problem& problem, const Vector& x, const Vector& theta,
                                 const Matrix& x_dot, const Matrix& theta_dot) {
  Matrix both = problem.gradient_and_push(x, theta, x_dot, theta_dot);
  check_answer({"gradient_and_push"}, "n x (1 + k)", x.size(), 1 + x_dot.cols(), both.rows(), both.cols());
  return both;
}

SecondOrder checked_pull(const Problem& problem, const Vector& x, const Vector& theta, const Matrix& w) {
  return checked(problem.pull_gradient(x, theta, w), x, theta, w.cols(), "second_order");
}

Matrix checked_pull_to_parameters(const Problem& problem, const Vector& x, const Vector& theta,
                                  const Matrix& w) {
  Matrix pulled = problem.pull_to_parameters(x, theta, w);
  check_answer({"pull_to_parameters"}, "p x k", theta.size(), w.cols(), pulled.rows(), pulled.cols());
  return pulled;
}

SecondOrder checked_third_order(const Problem& problem, const Vector& x, const Vector& theta, const Vector& w,
                                const Matrix& x_dot, const Matrix& theta_dot) {
  return checked(problem.third_order(x, theta, w, x_dot, theta_dot), x, theta, x_dot.cols(), "third_order");
}

namespace {

/// Copies of the arrays that a problem is asked with, which rest with the thread between calls.
struct Arguments {
  Vector x, theta;
  Matrix x_dot, theta_dot;
  Arguments* next = nullptr;  // see ThreadRest

  static void bequeath(Arguments* arguments) noexcept { delete arguments; }
  struct GiveBack {
    void operator()(Arguments* arguments) const noexcept { ad::ThreadRest<Arguments>::give(arguments); }
  };
  static std::unique_ptr<Arguments, GiveBack> of(const VectorView& x, const VectorView& theta) {
    Arguments* const resting = ad::ThreadRest<Arguments>::take();
    std::unique_ptr<Arguments, GiveBack> arguments(resting != nullptr ? resting : new Arguments);
    arguments->x = x;
    arguments->theta = theta;
    return arguments;
  }
};

}  // namespace

void Problem::gradient_into(const VectorView& x, const VectorView& theta, WritableVector g) const {
  const auto arguments = Arguments::of(x, theta);
  g = checked_gradient(*this, arguments->x, arguments->theta);
}

void Problem::second_order_into(const VectorView& x, const VectorView& theta, const ColumnsView& x_dot,
                                const ColumnsView& theta_dot, WritableColumns dx,
                                WritableColumns dtheta) const {
  const auto arguments = Arguments::of(x, theta);
  arguments->x_dot = x_dot;
  if (theta_dot.size() > 0)
    arguments->theta_dot = theta_dot;
  else
    arguments->theta_dot.setZero(theta.size(), x_dot.cols());
  const SecondOrder s =
      checked_second_order(*this, arguments->x, arguments->theta, arguments->x_dot, arguments->theta_dot);
  // (By bytes: what a small array is written by in numbers cannot be read in packets for a while.)
  std::copy_n(s.dx.data(), s.dx.size(), dx.data());
  if (dtheta.size() > 0) std::copy_n(s.dtheta.data(), s.dtheta.size(), dtheta.data());
}

Vector Problem::written_gradient(const Vector& x, const Vector& theta) const {
  Vector g(x.size());
  gradient_into(view(x), view(theta), {g.data(), g.size()});
  return g;
}

SecondOrder Problem::written_second_order(const Vector& x, const Vector& theta, const Matrix& x_dot,
                                          const Matrix& theta_dot) const {
  SecondOrder s{Matrix(x.size(), x_dot.cols()), Matrix(theta.size(), x_dot.cols())};
  second_order_into(view(x), view(theta), view(x_dot), view(theta_dot), written(s.dx), written(s.dtheta));
  return s;
}

Matrix Problem::hessian(const Vector& x, const Vector& theta) const {
  check_sizes(*this, x.size(), theta.size(), "hessian");
  const Index n = dimension();
  return checked_push(*this, x, theta, Matrix::Identity(n, n), Matrix::Zero(parameters(), n));
}

Matrix Problem::mixed(const Vector& x, const Vector& theta) const {
  check_sizes(*this, x.size(), theta.size(), "mixed");
  const Index p = parameters();
  return checked_push(*this, x, theta, Matrix::Zero(dimension(), p), Matrix::Identity(p, p));
}

void check_sizes(const Problem& problem, Index x, Index theta, std::string_view operation) {
  if (x != problem.dimension())
    throw ShapeError(
        fmt::format("{}: the problem has n = {}, x has {} entries", operation, problem.dimension(), x));
  if (theta != problem.parameters())
    throw ShapeError(fmt::format("{}: the problem has p = {}, theta has {} entries", operation,
                                 problem.parameters(), theta));
}

Vector checked_column(const Matrix& x, std::string_view operation, std::string_view name) {
  if (x.cols() != 1)
    throw ShapeError(
        fmt::format("{}: {} is a {}x{} matrix, it must be a vector", operation, name, x.rows(), x.cols()));
  return x;
}

void check_dimensions(Index n, Index p, std::string_view operation) {
  if (n < 1 || p < 0) throw ShapeError(fmt::format("{}: n = {}, p = {}", operation, n, p));
}

}  // namespace unroll
