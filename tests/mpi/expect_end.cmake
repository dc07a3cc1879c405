# Runs PROGRAM, a list; it must end within a minute, with an exit code that is not 0 and output that matches PATTERN.
execute_process(COMMAND ${PROGRAM} TIMEOUT 60 RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}exit code ${status}")
if(NOT status MATCHES "^[1-9][0-9]*$")
  message(FATAL_ERROR "it did not end with an exit code that says so")
endif()
if(NOT output MATCHES "${PATTERN}")
  message(FATAL_ERROR "what it printed does not match ${PATTERN}")
endif()
