# Drives cargo. Cargo itself decides what is out of date, so it is asked on every build; what is made from its
# outputs is made again only when they change.

find_program(CARGO_EXECUTABLE cargo HINTS $ENV{CARGO_HOME}/bin $ENV{HOME}/.cargo/bin)
if(NOT CARGO_EXECUTABLE)
  message(FATAL_ERROR "dlops is built by cargo, which was not found. Install Rust (https://rustup.rs), or name it with "
    "-DCARGO_EXECUTABLE=...")
endif()

set(DLOPS_CARGO_TARGET_DIR ${PROJECT_BINARY_DIR}/cargo CACHE PATH "Cargo's target directory; one for each MPI")
mark_as_advanced(DLOPS_CARGO_TARGET_DIR)
set(_cargo_dir ${DLOPS_CARGO_TARGET_DIR})
set(_cargo_out ${_cargo_dir}/release)
set(_cargo_arguments build --release --lib --locked
  --manifest-path ${PROJECT_SOURCE_DIR}/Cargo.toml --target-dir ${_cargo_dir})
# Make's job server is not passed down to custom commands, and cargo would complain about its closed pipe.
set(_cargo_environment --unset=MAKEFLAGS --unset=MFLAGS --unset=CARGO_BUILD_TARGET)
if(DLOPS_WITH_MPI)
  set(_mpicc ${CMAKE_C_COMPILER})     # a compiler that knows MPI by itself
  if(dlops_MPI_C_COMPILER)
    set(_mpicc ${dlops_MPI_C_COMPILER})
  endif()
  list(APPEND _cargo_environment MPICC=${_mpicc})
else()
  list(APPEND _cargo_arguments --no-default-features)
endif()
if(DLOPS_SANITIZE)
  execute_process(COMMAND rustc -vV OUTPUT_VARIABLE _rustc)
  string(REGEX MATCH "host: ([^\n]+)" _ "${_rustc}")
  # With an explicit target, build scripts and procedural macros stay uninstrumented.
  list(APPEND _cargo_arguments --target ${CMAKE_MATCH_1})
  list(APPEND _cargo_environment RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address)
  set(_cargo_out ${_cargo_dir}/${CMAKE_MATCH_1}/release)
endif()

add_custom_target(dlops_cargo ALL
  COMMAND ${CMAKE_COMMAND} -E env ${_cargo_environment} ${CARGO_EXECUTABLE} ${_cargo_arguments}
  BYPRODUCTS ${_cargo_out}/libdlops.so ${_cargo_out}/libdlops.a
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  COMMENT "Building libdlops with cargo"
  USES_TERMINAL VERBATIM)

# libdlops.so -> libdlops.so.<abi> -> libdlops.so.<version>
set(dlops_LIBRARY_DIR ${PROJECT_BINARY_DIR}/lib)
set(dlops_LIBRARY ${dlops_LIBRARY_DIR}/libdlops.so.${PROJECT_VERSION})
file(MAKE_DIRECTORY ${dlops_LIBRARY_DIR})
add_custom_command(OUTPUT ${dlops_LIBRARY}
  COMMAND ${CMAKE_COMMAND} -E copy ${_cargo_out}/libdlops.so ${dlops_LIBRARY}
  COMMAND ${CMAKE_COMMAND} -E create_symlink libdlops.so.${PROJECT_VERSION} ${dlops_LIBRARY_DIR}/${dlops_SONAME}
  COMMAND ${CMAKE_COMMAND} -E create_symlink ${dlops_SONAME} ${dlops_LIBRARY_DIR}/libdlops.so
  DEPENDS ${_cargo_out}/libdlops.so dlops_cargo
  COMMENT "Naming ${dlops_SONAME}" VERBATIM)

# The archive as one object in which only dlops_* is global, so that it can be linked beside other Rust archives and
# other users of rsmpi. Section groups are dissolved: a localised group would be discarded for its namesake elsewhere.
# LLVM's sections go because binutils' LLVM plugin aborts on newer bitcode; for the same reason cargo's own archive
# must never be passed through ranlib.
set(dlops_ARCHIVE ${dlops_LIBRARY_DIR}/libdlops.a)
set(_object ${PROJECT_BINARY_DIR}/dlops.o)
add_custom_command(OUTPUT ${dlops_ARCHIVE}
  COMMAND ${CMAKE_LINKER} -r --force-group-allocation --whole-archive ${_cargo_out}/libdlops.a -o ${_object}
  COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=dlops_* -R .llvmbc -R .llvmcmd ${_object}
  COMMAND ${CMAKE_COMMAND} -E rm -f ${dlops_ARCHIVE}
  COMMAND ${CMAKE_AR} rcs ${dlops_ARCHIVE} ${_object}
  COMMAND ${CMAKE_COMMAND} -E rm -f ${_object}
  DEPENDS ${_cargo_out}/libdlops.a dlops_cargo
  COMMENT "Localising the symbols of libdlops.a" VERBATIM)

add_custom_target(dlops_libraries ALL DEPENDS ${dlops_LIBRARY} ${dlops_ARCHIVE})
add_dependencies(dlops_libraries dlops_cargo)
