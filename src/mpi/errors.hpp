#pragma once

#include <exception>
#include <string>

/// Errors as they travel between ranks: a kind and a message.
namespace unroll::mpi {

/// What was thrown. 0 stands for nothing.
int kind_of(const std::exception_ptr& exception);
/// The exception of a kind with this message; std::exceptions that are none of the library's become Errors.
std::exception_ptr exception_of(int kind, const std::string& message);

}  // namespace unroll::mpi
