# README's program as a reader pastes it, into a file that has a main: writes it to OUTPUT.
#   cmake -D README=<README.md> -D OUTPUT=<program.cpp> -P readme_program.cmake
file(READ ${README} text)
string(FIND "${text}" "```cpp\n#include <unroll/unroll.hpp>\n" first)
if(first EQUAL -1)
  message(FATAL_ERROR "${README} has no program that begins with #include <unroll/unroll.hpp>")
endif()
string(SUBSTRING "${text}" ${first} -1 text)
string(REGEX REPLACE "^```cpp\n" "" text "${text}")
string(FIND "${text}" "```" last)
string(SUBSTRING "${text}" 0 ${last} text)
string(FIND "${text}" "const auto problem" calls)
if(calls EQUAL -1)
  message(FATAL_ERROR "README's program has no line `const auto problem = ...`")
endif()
string(SUBSTRING "${text}" 0 ${calls} declarations)
string(SUBSTRING "${text}" ${calls} -1 calls)
file(WRITE ${OUTPUT} "${declarations}
int main() {
  const Index n = 5;
  const Matrix A = Matrix::Ones(9, n);
  const Vector y = Vector::Ones(9), x0 = Vector::Zero(n), theta = Vector::Ones(1);
${calls}
  return d.dx.rows() == n ? 0 : 1;
}
")
