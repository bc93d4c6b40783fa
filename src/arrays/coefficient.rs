//! Real factors of updates of vectors.

use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::Factor;

/// A number, or one that stands on the device when the update runs.
#[derive(Clone, Copy)]
pub(crate) enum Coefficient {
    Here(f64),
    There(Factor),
}

impl From<f64> for Coefficient {
    fn from(number: f64) -> Coefficient {
        Coefficient::Here(number)
    }
}

impl Coefficient {
    /// For a kernel of the host.
    pub(super) fn here(self) -> Result<f64> {
        match self {
            Coefficient::Here(number) => Ok(number),
            Coefficient::There(_) => fail!(Internal, "a host array is updated by a factor on the device"),
        }
    }

    /// For a kernel of the device.
    pub(super) fn there(self) -> Factor {
        match self {
            Coefficient::Here(number) => crate::dtype::Scalar::real(number).into(),
            Coefficient::There(factor) => factor,
        }
    }
}
