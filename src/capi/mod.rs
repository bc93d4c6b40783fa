//! The C border: check pointers, borrow, call safe Rust, translate the error. No mathematics.
//!
//! Doc comments of exported functions are written for the C reader; they become `include/dlops.h`.
#![allow(clippy::missing_safety_doc)] // the contract of every entry point is the C contract of dlops.h
#![allow(non_camel_case_types)] // C names

pub mod array;
pub mod avo;
pub mod basic;
pub mod block;
mod border;
pub mod callback;
pub mod context;
pub mod context_log;
pub mod context_options;
pub mod context_profile;
pub mod derivative;
pub mod device;
pub mod distributed_matrix;
pub mod distribution;
pub mod dlpack;
pub mod event;
pub mod fourier;
pub mod handle;
pub mod host;
pub mod kernel;
pub mod kernel_launch;
pub mod kernel_reduction;
pub mod library;
pub mod norms;
pub mod npy;
pub mod operator;
pub mod plan;
pub mod signal;
pub mod solver;
pub mod solver_settings;
pub mod solver_state;
pub mod space;
pub mod space_state;
pub mod symmetric;
pub mod transfer;
pub mod transport;
pub mod vector;
