# Runs PROGRAM with `--steps STEPS --out OUT` and interrupts it once its progress tells of a solver beyond the first, gd-short: it
# must end with exit code 130, say on stderr that the last one, sobolev, is missing, and show and leave those that are finished.
file(REMOVE_RECURSE ${OUT})
file(MAKE_DIRECTORY ${OUT})
# The shell that is to become the program first starts another, which sends that process the signal.
execute_process(
  COMMAND sh -c "(while kill -0 $$; do grep -v ^gd-short \"$0\" && kill -INT $$ && exit; sleep 0.1; done) >/dev/null 2>&1 &
                 exec \"$@\" 2>\"$0\""
          ${OUT}/stderr.txt ${PROGRAM} --steps ${STEPS} --out ${OUT}
  RESULT_VARIABLE status OUTPUT_VARIABLE output)
file(READ ${OUT}/stderr.txt error)
message("${output}${error}exit code ${status}")
if(NOT status STREQUAL "130")
  message(FATAL_ERROR "the exit code is not 130")
endif()
if(NOT error MATCHES "\ncurse_of_unrolling: interrupted[^\n]*, sobolev\n$")
  message(FATAL_ERROR "stderr does not end with a line that says what is missing")
endif()
if(NOT output MATCHES "\ngd-short " OR output MATCHES "\nsobolev ")
  message(FATAL_ERROR "the table is not that of the finished solvers")
endif()
file(READ ${OUT}/report.html report)
if(NOT report MATCHES "interrupted[^<]*, sobolev\\.<")
  message(FATAL_ERROR "the report does not say what is missing")
endif()
file(STRINGS ${OUT}/trajectory.csv last REGEX "^[^,]*,${STEPS},")
if(NOT last MATCHES "^gd-short," OR last MATCHES "sobolev,")
  message(FATAL_ERROR "the records are not those of the finished solvers")
endif()
