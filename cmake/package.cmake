# Packages of what cmake/install.cmake installs, in the build directory: `cmake --workflow --preset package`.
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PACKAGE_NAME unroll)
set(CPACK_PACKAGE_VENDOR "the unroll authors")
set(CPACK_PACKAGE_CONTACT "the unroll authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGE_FILE_NAME unroll-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_VERBATIM_VARIABLES ON)

# As Debian calls a library that is linked statically.
set(CPACK_DEBIAN_PACKAGE_NAME libunroll-dev)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libeigen3-dev (>= 3.4), libfmt-dev (>= 9)")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${CPACK_PACKAGE_CONTACT})

include(CPack)
