# Runs PROGRAM, started by LAUNCHER if there is one, with ARGUMENTS in DIRECTORY, and keeps what it prints as DIRECTORY/NAME.txt. With
# NEWER_THAN, a file, not if that is older than what was printed last. A program that ran well but drew nothing is an error, or, where
# gnuplot is not installed, said to be skipped.
if(NEWER_THAN AND EXISTS ${DIRECTORY}/${NAME}.txt AND NOT ${NEWER_THAN} IS_NEWER_THAN ${DIRECTORY}/${NAME}.txt)
  return()
endif()
file(MAKE_DIRECTORY ${DIRECTORY})
execute_process(COMMAND ${LAUNCHER} ${PROGRAM} ${ARGUMENTS} WORKING_DIRECTORY ${DIRECTORY} OUTPUT_VARIABLE printed ECHO_OUTPUT_VARIABLE
                COMMAND_ERROR_IS_FATAL ANY)
file(WRITE ${DIRECTORY}/${NAME}.txt "${printed}")
if(printed MATCHES "no plot[^\n]*: gnuplot is not installed")
  message("${NAME}: skipped, gnuplot is not installed")
elseif(printed MATCHES "no plot[^\n]*")
  message(FATAL_ERROR "${NAME}: ${CMAKE_MATCH_0}")
endif()
