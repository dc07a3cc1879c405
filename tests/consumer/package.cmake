# Packs the build tree BUILD, and unpacks the packages into WORK/tgz and, by `dpkg -x`, which installs nothing, WORK/deb. A project
# that uses them is made in WORK/project of what the pages in ROOT show: README's program, and the CMakeLists.txt of docs/start.md.
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK}/tgz ${WORK}/deb ${WORK}/project)
execute_process(COMMAND ${CPACK} --config ${BUILD}/CPackConfig.cmake -C "${CONFIG}" -B ${WORK} COMMAND_ERROR_IS_FATAL ANY)
file(GLOB tarball ${WORK}/*.tar.gz)
file(GLOB package ${WORK}/*.deb)
execute_process(COMMAND tar xf ${tarball} -C ${WORK}/tgz --strip-components=1 COMMAND_ERROR_IS_FATAL ANY)
find_program(DPKG dpkg)
if(DPKG)
  execute_process(COMMAND ${DPKG} -x ${package} ${WORK}/deb COMMAND_ERROR_IS_FATAL ANY)
else()
  file(COPY ${WORK}/tgz/ DESTINATION ${WORK}/deb/usr)  # nothing to unpack it by: the same files
endif()

set(blocks ${ROOT}/cmake/document_blocks.awk)
execute_process(COMMAND awk -v language=cpp -f ${blocks} ${ROOT}/README.md OUTPUT_FILE ${WORK}/project/main.cpp
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND awk -v language=cmake -f ${blocks} ${ROOT}/docs/start.md OUTPUT_FILE ${WORK}/project/CMakeLists.txt
                COMMAND_ERROR_IS_FATAL ANY)
