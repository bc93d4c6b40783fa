#![allow(dead_code, unused_macros)]
#[macro_use] pub mod error; #[macro_use] pub mod dtype; pub mod kernels;
fn main(){}
