# What stands before the name of a program to start it on some ranks of this machine, as tests, examples and pages do. Open MPI is
# told beside: more ranks than cores may be, who builds in a container is root, ranks that wait leave their core to others, and are
# not bound to one, as several tests run at once.
function(unroll_on_ranks ranks launcher)
  set(${launcher} ${CMAKE_COMMAND} -E env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
                  OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none
                  ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} PARENT_SCOPE)
endfunction()
