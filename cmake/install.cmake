# The installed package: libraries, headers, the Fortran module's source, and the files by which CMake and pkg-config
# find them. Every path is relative to the prefix, so that the tree can be moved.
include(CMakePackageConfigHelpers)

install(PROGRAMS ${dlops_LIBRARY} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${dlops_LIBRARY_DIR}/${dlops_SONAME} ${dlops_LIBRARY_DIR}/libdlops.so ${dlops_ARCHIVE}
  DESTINATION ${CMAKE_INSTALL_LIBDIR})

install(FILES include/dlops.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES include/dlops.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/dlops DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(DLOPS_WITH_MPI)
  install(FILES include/dlops_mpi.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()
# A compiled Fortran module fits one compiler only; the consumer's compiles its own.
install(FILES include/dlops.f90 DESTINATION ${CMAKE_INSTALL_DATADIR}/dlops)
install(DIRECTORY include/fortran DESTINATION ${CMAKE_INSTALL_DATADIR}/dlops)   # the parts of dlops.f90
install(FILES LICENSE-MIT LICENSE-APACHE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# What an archive made by rustc needs beside libc (rustc --print native-static-libs).
set(dlops_SYSTEM_LIBRARIES gcc_s util rt pthread m dl)

# pkg-config: MPI is in Libs.private and not in Requires.private, which would make a shared build depend on an MPI that
# has a .pc file. A C program that includes dlops_mpi.h is compiled by its MPI's own compiler.
set(_private "")
foreach(_library IN LISTS MPI_C_LIBRARIES)
  string(APPEND _private " ${_library}")
endforeach()
foreach(_library IN LISTS dlops_SYSTEM_LIBRARIES)
  string(APPEND _private " -l${_library}")
endforeach()
set(dlops_PRIVATE_LIBRARIES ${_private})
file(RELATIVE_PATH _up ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" _up "${_up}")
configure_file(cmake/dlops.pc.in dlops.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/dlops.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/dlops)
set(_include_dir ${CMAKE_INSTALL_INCLUDEDIR})
set(_library_dir ${CMAKE_INSTALL_LIBDIR})
set(_data_dir ${CMAKE_INSTALL_DATADIR}/dlops)
configure_package_config_file(cmake/dlopsConfig.cmake.in dlopsConfig.cmake
  INSTALL_DESTINATION ${_package_dir} PATH_VARS _include_dir _library_dir _data_dir)
# Before 1.0 a minor release may break the interface.
set(_compatibility SameMajorVersion)
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(_compatibility SameMinorVersion)
endif()
write_basic_package_version_file(dlopsConfigVersion.cmake COMPATIBILITY ${_compatibility})
install(FILES ${PROJECT_BINARY_DIR}/dlopsConfig.cmake ${PROJECT_BINARY_DIR}/dlopsConfigVersion.cmake
  cmake/dlopsTargets.cmake cmake/dlopsMPI.cmake DESTINATION ${_package_dir})
