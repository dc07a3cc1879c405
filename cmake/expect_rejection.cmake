# Runs PROGRAM with ARGUMENTS and `--out OUT`; fails unless it ends with exit code 2, says one line on stderr that matches
# PATTERN, and leaves no OUT.
file(REMOVE_RECURSE ${OUT})
execute_process(COMMAND ${PROGRAM} ${ARGUMENTS} --out ${OUT} RESULT_VARIABLE status OUTPUT_VARIABLE output
                ERROR_VARIABLE error)
message("${output}${error}exit code ${status}")
if(NOT status STREQUAL "2")
  message(FATAL_ERROR "the exit code is not 2")
endif()
if(NOT error MATCHES "^[^\n]+\n$")
  message(FATAL_ERROR "stderr is not one line")
endif()
if(NOT error MATCHES "${PATTERN}")
  message(FATAL_ERROR "the line does not match ${PATTERN}")
endif()
if(EXISTS ${OUT})
  message(FATAL_ERROR "${OUT} was left behind")
endif()
