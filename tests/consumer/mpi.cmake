# Builds the program of docs/many_machines.md by the CMakeLists.txt that the page shows, in WORK, against the install in PREFIX, and
# runs it by LAUNCHER. And a component that there is not is refused by its name.
set(PAGE ${ROOT}/docs/many_machines.md)
set(PROGRAM ${WORK}/build/mine)
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
foreach(file IN ITEMS cpp/main.cpp cmake/CMakeLists.txt)
  cmake_path(GET file PARENT_PATH language)
  cmake_path(GET file FILENAME name)
  execute_process(COMMAND awk -v language=${language} -f ${ROOT}/cmake/document_blocks.awk ${PAGE} OUTPUT_FILE ${WORK}/${name}
                  COMMAND_ERROR_IS_FATAL ANY)
endforeach()
execute_process(COMMAND ${CMAKE_COMMAND} -S ${WORK} -B ${WORK}/build ${TOOLCHAIN} -DCMAKE_PREFIX_PATH=${PREFIX} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build COMMAND_ERROR_IS_FATAL ANY)
include(${ROOT}/cmake/expect_document.cmake)

file(READ ${WORK}/CMakeLists.txt project)
string(REPLACE "COMPONENTS mpi" "COMPONENTS smoke" project "${project}")
file(WRITE ${WORK}/wrong/CMakeLists.txt "${project}")
execute_process(COMMAND ${CMAKE_COMMAND} -S ${WORK}/wrong -B ${WORK}/wrong/build ${TOOLCHAIN} -DCMAKE_PREFIX_PATH=${PREFIX}
                RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE error)
if(status EQUAL 0 OR NOT error MATCHES "unroll has no component[ \n]+smoke")
  message(FATAL_ERROR "a component that there is not is not refused: ${error}")
endif()
