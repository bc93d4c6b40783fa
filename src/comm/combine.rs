//! Elementwise sums and extremes over bytes that hold numbers: what a transport without reductions needs.

use super::{Combine, Number};

/// `into[i] = into[i] (+, min, max) from[i]`; both of one length, a multiple of the number's size; any alignment.
/// Integer sums wrap. A NaN is not kept by min and max, as in MPI.
pub fn combine(into: &mut [u8], from: &[u8], number: Number, how: Combine) {
    macro_rules! each {
        ($t:ty, $sum:expr) => {
            for (a, b) in into.chunks_exact_mut(size_of::<$t>()).zip(from.chunks_exact(size_of::<$t>())) {
                let mut bytes = [0u8; size_of::<$t>()];
                bytes.copy_from_slice(a);
                let x = <$t>::from_ne_bytes(bytes);
                bytes.copy_from_slice(b);
                let y = <$t>::from_ne_bytes(bytes);
                let z: $t = match how {
                    Combine::Sum => $sum(x, y),
                    Combine::Min => x.min(y),
                    Combine::Max => x.max(y),
                };
                a.copy_from_slice(&z.to_ne_bytes());
            }
        };
    }
    match number {
        Number::Float32 => each!(f32, |x: f32, y: f32| x + y),
        Number::Float64 => each!(f64, |x: f64, y: f64| x + y),
        Number::Int32 => each!(i32, i32::wrapping_add),
        Number::Int64 => each!(i64, i64::wrapping_add),
    }
}
