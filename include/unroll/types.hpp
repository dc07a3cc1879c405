#pragma once

#include <Eigen/Core>

/// The arrays that the whole library speaks: dense, dynamic, column-major, double precision.
namespace unroll {

/// Counts and indices: signed.
using Index = Eigen::Index;
/// A column of doubles.
using Vector = Eigen::VectorXd;
/// A matrix of doubles, its columns contiguous.
using Matrix = Eigen::MatrixXd;

// Eigen chooses its allocator and its alignment from the compiler flags (-march=native …). The library and
// the program free each other's arrays, so both must have chosen alike, whatever flags each is compiled with.
static_assert(
    EIGEN_MAX_ALIGN_BYTES == 64 && EIGEN_MAX_STATIC_ALIGN_BYTES == 64,
    "unroll: compile with -DEIGEN_MAX_ALIGN_BYTES=64 -DEIGEN_MAX_STATIC_ALIGN_BYTES=64, as the CMake target "
    "unroll::unroll and `pkg-config --cflags unroll` do: library and program must align Eigen's arrays "
    "alike");

}  // namespace unroll
