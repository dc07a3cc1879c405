# Headers, archive, a CMake package and a pkg-config file; the tree may be moved after it was installed.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/unroll)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(
  TARGETS unroll
  EXPORT unroll-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(
  EXPORT unroll-targets
  NAMESPACE unroll::
  DESTINATION ${package_dir})

# The component mpi, for who asks for it: find_package(unroll COMPONENTS mpi).
if(TARGET unroll_mpi)
  install(
    TARGETS unroll_mpi
    EXPORT unroll-mpi-targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(
    EXPORT unroll-mpi-targets
    NAMESPACE unroll::
    DESTINATION ${package_dir})
endif()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/unroll-config.cmake.in
                              ${PROJECT_BINARY_DIR}/unroll-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/unroll-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/unroll-config.cmake ${PROJECT_BINARY_DIR}/unroll-config-version.cmake
        DESTINATION ${package_dir})

# What a program needs to compile against the target, for those who do not ask CMake.
get_target_property(definitions unroll INTERFACE_COMPILE_DEFINITIONS)
list(TRANSFORM definitions PREPEND "-D")
list(JOIN definitions " " pkgconfig_definitions)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}/${pkgconfig_dir}
           OUTPUT_VARIABLE prefix_from_pkgconfig)
configure_file(${CMAKE_CURRENT_LIST_DIR}/unroll.pc.in ${PROJECT_BINARY_DIR}/unroll.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/unroll.pc DESTINATION ${pkgconfig_dir})

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
