# Which MPI a directory list of headers belongs to: "Open MPI", "MPICH" (also Intel, Cray, MVAPICH), "MPI ABI",
# or "an unknown MPI". A program and the library it calls must have been built for the same one.
function(dlops_mpi_family include_dirs result)
  set(family "an unknown MPI")
  # Compiler wrappers with built-in paths (Cray) leave the list empty; then the header says nothing here.
  foreach(dir IN LISTS include_dirs)
    if(EXISTS "${dir}/mpi.h")
      file(STRINGS "${dir}/mpi.h" found LIMIT_COUNT 1
        REGEX "define +(OMPI_MAJOR_VERSION|MPICH_NUMVERSION|I_MPI_NUMVERSION|MPI_ABI_VERSION)")
      if(found MATCHES "OMPI_MAJOR_VERSION")
        set(family "Open MPI")
      elseif(found MATCHES "MPICH_NUMVERSION|I_MPI_NUMVERSION")
        set(family "MPICH")
      elseif(found MATCHES "MPI_ABI_VERSION")
        set(family "MPI ABI")
      endif()
      break()
    endif()
  endforeach()
  set(${result} "${family}" PARENT_SCOPE)
endfunction()
