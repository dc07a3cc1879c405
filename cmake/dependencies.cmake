# What unroll is built from. A package of the system is taken where there is one, else the pinned release is fetched.
# GLOBAL: a parent project that adds unroll as a subdirectory sees the targets that unroll links.
include(FetchContent)
find_package(Threads REQUIRED GLOBAL)
# Of the system alone: an MPI must be the one that starts the programs. Its old C++ bindings are not used.
if(UNROLL_MPI)
  set(MPI_CXX_SKIP_MPICXX ON)
  find_package(MPI COMPONENTS CXX GLOBAL)
  if(NOT MPI_CXX_FOUND)
    message(STATUS "No unroll::mpi: it needs MPI (Debian: libopenmpi-dev, openmpi-bin)")
  endif()
endif()

# For fetched projects only: older ones heed these settings under policy CMP0077 alone.
set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)
set(BUILD_TESTING OFF)
set(EIGEN_BUILD_DOC OFF)
set(DOCTEST_WITH_TESTS OFF)
set(DOCTEST_NO_INSTALL ON)
set(CLI11_BUILD_TESTS OFF)
set(CLI11_BUILD_EXAMPLES OFF)
set(CLI11_BUILD_DOCS OFF)
set(CLI11_INSTALL OFF)
# A fetched fmt is installed with unroll, whose exported target names it (Eigen installs itself anyway).
set(FMT_INSTALL ${UNROLL_INSTALL})

FetchContent_Declare(
  Eigen3
  GIT_REPOSITORY https://gitlab.com/libeigen/eigen.git
  GIT_TAG 3.4.0
  GIT_SHALLOW ON
  SYSTEM
  FIND_PACKAGE_ARGS 3.4 GLOBAL)
FetchContent_Declare(
  fmt
  GIT_REPOSITORY https://github.com/fmtlib/fmt.git
  GIT_TAG 9.1.0
  GIT_SHALLOW ON
  SYSTEM
  FIND_PACKAGE_ARGS 9 GLOBAL)
# Headers only, and only the library's sources include them: whoever uses an installed unroll needs no Spectra.
FetchContent_Declare(
  Spectra
  GIT_REPOSITORY https://github.com/yixuan/spectra.git
  GIT_TAG v1.0.1
  GIT_SHALLOW ON
  SYSTEM
  FIND_PACKAGE_ARGS 1.0 GLOBAL)
FetchContent_Declare(
  doctest
  GIT_REPOSITORY https://github.com/doctest/doctest.git
  GIT_TAG v2.4.12
  GIT_SHALLOW ON
  SYSTEM
  FIND_PACKAGE_ARGS 2.4)
FetchContent_Declare(
  CLI11
  GIT_REPOSITORY https://github.com/CLIUtils/CLI11.git
  GIT_TAG v2.1.2
  GIT_SHALLOW ON
  SYSTEM
  FIND_PACKAGE_ARGS 2.1)

# Makes `package` available, unless the parent project already has its target.
macro(unroll_require package target)
  if(NOT TARGET ${target})
    FetchContent_MakeAvailable(${package})
  endif()
endmacro()

unroll_require(Eigen3 Eigen3::Eigen)
unroll_require(fmt fmt::fmt)
unroll_require(Spectra Spectra::Spectra)
