//! Link arguments of the shared library.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // mpi-sys links the MPI of this compiler wrapper, without asking cargo to watch it.
    println!("cargo:rerun-if-env-changed=MPICC");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libdlops.so.0");
    // MPI calls our attribute callbacks until MPI_Finalize, also when a host has closed the library by then.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
