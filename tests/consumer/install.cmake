# Installs the build tree BUILD afresh into PREFIX, so that nothing of an earlier install can help.
file(REMOVE_RECURSE ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --config "${CONFIG}" --prefix ${PREFIX}
                COMMAND_ERROR_IS_FATAL ANY)
