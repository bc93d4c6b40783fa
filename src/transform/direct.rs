//! Transforms that cuFFT does from block to block, without a tile between them.

use crate::device::{Fft, FftKind, FftShape, FftSide, Stream};
use crate::dtype::DType;
use crate::error::{Result, Status};
use crate::kernels::cuda::Strided;
use crate::layout::contiguous_strides;
use std::sync::Arc;

/// Planned for contiguous blocks.
pub(super) struct Direct {
    pub fft: Fft,
    shapes: [Vec<i64>; 2],
    strides: [Vec<i64>; 2],
    /// Axes that one call cannot take: extents, and strides in bytes.
    outer: Vec<(i64, [i64; 2])>,
    /// Bytes of a complex element: cuFFT wants addresses of real ones to be multiples too.
    complex: u64,
}

/// So many calls are always worth a pass over memory that they save,
const FEW_CALLS: i64 = 4;
/// and more of them where each has that many elements: it takes longer than its launch.
const LONG_CALL: i64 = 1 << 20;

impl Direct {
    /// Along one to three axes, which ascend, of blocks of these shapes before and after; `dtype` is that of complex
    /// elements. `None` where cuFFT would have to be called for many small parts, or does not know the strides.
    pub fn new(
        stream: &Arc<Stream>,
        dtype: DType,
        (kind, axes, lengths): (FftKind, &[usize], &[i64]),
        shapes: [&[i64]; 2],
    ) -> Result<Option<Direct>> {
        let strides = shapes.map(contiguous_strides);
        let real = [kind == FftKind::RealToHalf, kind == FftKind::HalfToReal];
        let sizes = real.map(|real| if real { dtype.real().size() } else { dtype.size() } as i64);
        // The other axes, neighbours merged where both blocks allow it: (extent, strides).
        let mut others: Vec<(i64, [i64; 2])> = Vec::new();
        for k in (0..shapes[0].len()).filter(|k| !axes.contains(k) && shapes[0][*k] != 1) {
            let (n, inner) = (shapes[0][k], [strides[0][k], strides[1][k]]);
            match others.last_mut() {
                Some((m, outer)) if *outer == inner.map(|s| s * n) => (*m, *outer) = (*m * n, inner),
                _ => others.push((n, inner)),
            }
        }
        let complex = dtype.size() as i64;
        let total: i64 = others.iter().map(|o| o.0).product::<i64>() * lengths.iter().product::<i64>();
        let longest = (0..others.len()).max_by_key(|k| others[*k].0);
        let (count, distances) = longest.map_or((1, [1, 1]), |k| others.remove(k));
        let calls: i64 = others.iter().map(|o| o.0).product();
        let aligned = |k: usize| others.iter().all(|o| o.1[k] * sizes[k] % complex == 0);
        if total == 0 || calls > FEW_CALLS && total / calls < LONG_CALL || !aligned(0) || !aligned(1) {
            return Ok(None);
        }
        let side = |k: usize| {
            let along = |n: usize| strides[k][axes[n]];
            let mut embed = vec![shapes[k][axes[0]]];
            embed.extend((1..axes.len()).map(|n| along(n - 1) / along(n)));
            FftSide { embed, stride: along(axes.len() - 1), distance: distances[k] }
        };
        let shape = FftShape { kind, lengths: lengths.to_vec(), from: side(0), to: side(1), count };
        let fft = match Fft::new(stream, dtype, &shape) {
            Err(error) if error.status == Status::Unsupported => return Ok(None),
            fft => fft?,
        };
        Ok(Some(Direct {
            fft,
            shapes: shapes.map(<[i64]>::to_vec),
            outer: others.iter().map(|(n, s)| (*n, [s[0] * sizes[0], s[1] * sizes[1]])).collect(),
            strides,
            complex: dtype.size() as u64,
        }))
    }

    /// Of a contiguous block before (0) or after (1) the transform.
    pub fn strides(&self, side: usize) -> &[i64] {
        &self.strides[side]
    }

    /// Whether a block before (0) or after (1) the transform is contiguous, and where cuFFT takes it.
    pub fn fits(&self, side: usize, block: Strided) -> bool {
        let axes = self.shapes[side].iter().zip(&self.strides[side]).zip(block.strides);
        let contiguous = axes.into_iter().all(|((n, own), stride)| *n == 1 || own == stride);
        contiguous && block.pointer.is_multiple_of(self.complex)
    }

    /// # Safety
    /// Contiguous blocks of the planned shapes in live device memory, the same one or apart.
    pub unsafe fn run(&self, positive: bool, from: u64, to: u64) -> Result<()> {
        let calls: i64 = self.outer.iter().map(|o| o.0).product();
        for k in 0..calls {
            let (mut rest, mut places) = (k, [from, to]);
            for (n, bytes) in self.outer.iter().rev() {
                let index = rest % n;
                rest /= n;
                places.iter_mut().zip(bytes).for_each(|(p, b)| *p += (index * b) as u64);
            }
            // SAFETY: the caller's promise; the plan's elements lie inside of the blocks.
            unsafe { self.fft.run(positive, places[0], places[1])? };
        }
        Ok(())
    }
}
