# Tests run_example.cmake in WORK on PROGRAM, an example: where there is no gnuplot, and where gnuplot fails.
cmake_minimum_required(VERSION 3.25)

# Usage: expect(status message script): what run_example.cmake ends with and says where `script` is gnuplot; empty: there is none.
function(expect status message script)
  file(REMOVE_RECURSE ${WORK})
  file(MAKE_DIRECTORY ${WORK}/programs)
  if(script)
    file(WRITE ${WORK}/programs/gnuplot "${script}")
    file(CHMOD ${WORK}/programs/gnuplot PERMISSIONS OWNER_READ OWNER_EXECUTE)
  endif()
  execute_process(COMMAND ${CMAKE_COMMAND} -E env PATH=${WORK}/programs ${CMAKE_COMMAND} -D PROGRAM=${PROGRAM} -D DIRECTORY=${WORK}/gallery
                          -D NAME=an_example -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/run_example.cmake
                  RESULT_VARIABLE found OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  if(NOT found EQUAL status OR NOT errors MATCHES "${message}")
    message(SEND_ERROR "gnuplot is '${script}': should end with ${status} and '${message}', ends with ${found}: ${output}${errors}")
  endif()
endfunction()

expect(0 "an_example: skipped, gnuplot is not installed" "")
expect(1 "an_example: no plot: gnuplot failed: no terminal" "#!/bin/sh\necho no terminal >&2\nexit 1\n")
