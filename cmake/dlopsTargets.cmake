# The imported targets, from the build tree and from the installed one. Expects dlops_LIBRARY, dlops_ARCHIVE,
# dlops_INCLUDE_DIR, dlops_FORTRAN_SOURCE, dlops_SONAME, dlops_WITH_MPI, dlops_MPI_FAMILY, dlops_SYSTEM_LIBRARIES
# and dlops_IMPORTED_SCOPE ("GLOBAL" or nothing).

if(NOT TARGET dlops::dlops)
  add_library(dlops::dlops SHARED IMPORTED ${dlops_IMPORTED_SCOPE})
  set_target_properties(dlops::dlops PROPERTIES
    IMPORTED_LOCATION "${dlops_LIBRARY}"
    IMPORTED_SONAME "${dlops_SONAME}"
    INTERFACE_INCLUDE_DIRECTORIES "${dlops_INCLUDE_DIR}")
endif()

# Defines dlops::<component>; `reason` is empty on success, and else a sentence for the reader.
function(dlops_add_component component reason)
  set(${reason} "" PARENT_SCOPE)
  if(NOT component MATCHES "^(mpi|cxx|fortran|static)$")
    set(${reason} "unknown; the components are mpi, cxx, fortran and static" PARENT_SCOPE)
  elseif(NOT TARGET dlops::${component})
    cmake_language(CALL _dlops_add_${component} problem)
    set(${reason} "${problem}" PARENT_SCOPE)
  endif()
endfunction()

# The MPI target of the first of these languages that the project has enabled.
function(_dlops_find_mpi languages target reason)
  get_property(enabled GLOBAL PROPERTY ENABLED_LANGUAGES)
  set(language "")
  foreach(candidate IN LISTS languages)
    if(NOT language AND candidate IN_LIST enabled)
      set(language ${candidate})
    endif()
  endforeach()
  if(NOT language)
    list(JOIN languages " or " names)
    set(${reason} "the project must enable ${names} before find_package(dlops)" PARENT_SCOPE)
    return()
  endif()

  # Where nobody has chosen an MPI yet, the wrappers beside the one that built the library are the likely ones.
  if(NOT MPI_${language}_FOUND AND NOT MPI_${language}_COMPILER AND NOT MPI_HOME AND dlops_MPI_C_COMPILER)
    get_filename_component(directory "${dlops_MPI_C_COMPILER}" DIRECTORY)
    get_filename_component(name "${dlops_MPI_C_COMPILER}" NAME)
    set(wrapper_C mpicc)
    set(wrapper_CXX mpicxx)
    set(wrapper_Fortran mpifort)
    string(REPLACE mpicc ${wrapper_${language}} name "${name}")
    if(EXISTS "${directory}/${name}")
      set(MPI_${language}_COMPILER "${directory}/${name}")
    endif()
  endif()
  find_package(MPI QUIET COMPONENTS ${language})
  if(NOT MPI_${language}_FOUND)
    set(${reason} "no MPI for ${language} was found; the library was built for ${dlops_MPI_FAMILY} (set \
MPI_${language}_COMPILER)" PARENT_SCOPE)
    return()
  endif()
  dlops_mpi_family("${MPI_${language}_INCLUDE_DIRS}" family)
  set(unknown "an unknown MPI")
  if(NOT family STREQUAL unknown AND NOT dlops_MPI_FAMILY STREQUAL unknown AND NOT family STREQUAL dlops_MPI_FAMILY)
    set(${reason} "the library was built for ${dlops_MPI_FAMILY}, but this project uses ${family} \
(${MPI_${language}_INCLUDE_DIRS})" PARENT_SCOPE)
    return()
  endif()
  set_property(TARGET MPI::MPI_${language} PROPERTY IMPORTED_GLOBAL TRUE)
  set(${target} MPI::MPI_${language} PARENT_SCOPE)
  set(${reason} "" PARENT_SCOPE)
endfunction()

function(_dlops_add_mpi reason)
  if(NOT dlops_WITH_MPI)
    set(${reason} "this library was built without MPI (DLOPS_WITH_MPI=OFF)" PARENT_SCOPE)
    return()
  endif()
  _dlops_find_mpi("C;CXX;Fortran" mpi problem)
  set(${reason} "${problem}" PARENT_SCOPE)
  if(NOT problem)
    add_library(dlops::mpi INTERFACE IMPORTED ${dlops_IMPORTED_SCOPE})
    set_target_properties(dlops::mpi PROPERTIES INTERFACE_LINK_LIBRARIES "dlops::dlops;${mpi}")
  endif()
endfunction()

function(_dlops_add_static reason)
  set(problem "")
  set(mpi "")
  if(dlops_WITH_MPI)
    _dlops_find_mpi("C;CXX;Fortran" mpi problem)
  endif()
  set(${reason} "${problem}" PARENT_SCOPE)
  if(NOT problem)
    add_library(dlops::static STATIC IMPORTED ${dlops_IMPORTED_SCOPE})
    set_target_properties(dlops::static PROPERTIES
      IMPORTED_LOCATION "${dlops_ARCHIVE}"
      INTERFACE_INCLUDE_DIRECTORIES "${dlops_INCLUDE_DIR}"
      INTERFACE_LINK_LIBRARIES "${mpi};${dlops_SYSTEM_LIBRARIES}")
  endif()
endfunction()

function(_dlops_add_cxx reason)
  if(NOT EXISTS "${dlops_INCLUDE_DIR}/dlops.hpp")
    set(${reason} "${dlops_INCLUDE_DIR}/dlops.hpp is not there" PARENT_SCOPE)
    return()
  endif()
  set(${reason} "" PARENT_SCOPE)
  add_library(dlops::cxx INTERFACE IMPORTED ${dlops_IMPORTED_SCOPE})
  set_target_properties(dlops::cxx PROPERTIES
    INTERFACE_LINK_LIBRARIES dlops::dlops
    INTERFACE_COMPILE_FEATURES cxx_std_17)
endfunction()

# The module's source is preprocessed with DLOPS_MPI defined where the library has MPI.
function(_dlops_add_fortran reason)
  if(NOT EXISTS "${dlops_FORTRAN_SOURCE}")
    set(${reason} "${dlops_FORTRAN_SOURCE} is not there" PARENT_SCOPE)
    return()
  endif()
  get_property(enabled GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(NOT "Fortran" IN_LIST enabled)
    set(${reason} "the project must enable Fortran before find_package(dlops)" PARENT_SCOPE)
    return()
  endif()
  set(problem "")
  set(mpi "")
  if(dlops_WITH_MPI)
    _dlops_find_mpi(Fortran mpi problem)
  endif()
  set(${reason} "${problem}" PARENT_SCOPE)
  if(NOT problem)
    set(modules "${CMAKE_BINARY_DIR}/dlops_fortran")
    add_library(dlops_fortran STATIC EXCLUDE_FROM_ALL "${dlops_FORTRAN_SOURCE}")
    set_target_properties(dlops_fortran PROPERTIES
      Fortran_PREPROCESS ON
      Fortran_MODULE_DIRECTORY "${modules}"
      ARCHIVE_OUTPUT_DIRECTORY "${modules}"
      POSITION_INDEPENDENT_CODE ON)
    if(dlops_WITH_MPI)
      target_compile_definitions(dlops_fortran PRIVATE DLOPS_MPI)
    endif()
    target_include_directories(dlops_fortran INTERFACE "${modules}")
    target_link_libraries(dlops_fortran PUBLIC dlops::dlops ${mpi})
    add_library(dlops::fortran ALIAS dlops_fortran)
  endif()
endfunction()
