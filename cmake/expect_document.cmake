# Runs PROGRAM, started by LAUNCHER if there is one, which must print what PAGE shows in its blocks of text.
set(blocks ${CMAKE_CURRENT_LIST_DIR}/document_blocks.awk)
execute_process(COMMAND awk -v language=text -f ${blocks} ${PAGE} OUTPUT_VARIABLE shown COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${LAUNCHER} ${PROGRAM} OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
if(NOT printed STREQUAL shown)
  message(FATAL_ERROR "${PAGE} shows\n${shown}\nand its program prints\n${printed}")
endif()
