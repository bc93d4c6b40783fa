//! Arrays that a kernel visits together: leaf by leaf, and block by block on the host.

use crate::arrays::on_device;
use crate::arrays::runs::Runs;
use crate::arrays::visit::SERIAL;
use crate::arrays::{Array, Memory, Space};
use crate::context::Context;
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::expression::ARRAYS;
use crate::kernels::cuda::Walk;
use crate::kernels::expression::BLOCK;
use crate::threads::split;

/// An array and what it is called.
pub(super) type Named<'a> = (&'a str, &'a Array);

/// Visits the leaves of arrays of one structure together; the elements of all stand at the same places.
pub(super) fn each_leaf(
    context: &Context,
    arrays: &[Named],
    visit: &mut dyn FnMut(&[&Array]) -> Result<()>,
) -> Result<()> {
    let (first_name, first) = arrays[0];
    if let Some((name, _)) = arrays.iter().find(|(_, a)| a.space().context() != context) {
        fail!(Context, "{name} belongs to another context than the kernel");
    }
    if first.parts().is_empty() {
        let mut leaves = [first; ARRAYS];
        for (k, (name, array)) in arrays.iter().enumerate() {
            require_same(array.space(), first.space(), name, first_name)?;
            leaves[k] = array;
        }
        return visit(&leaves[..arrays.len()]);
    }
    if let Some((name, _)) = arrays.iter().find(|(_, a)| a.parts().len() != first.parts().len()) {
        fail!(Space, "{name} and {first_name} are arrays of products of different spaces");
    }
    for k in 0..first.parts().len() {
        let parts: Vec<Named> = arrays.iter().map(|(name, a)| (*name, &a.parts()[k])).collect();
        each_leaf(context, &parts, visit)?;
    }
    Ok(())
}

/// Congruent but for the dtype.
fn require_same(x: &Space, y: &Space, x_name: &str, y_name: &str) -> Result<()> {
    if x.congruent(y) {
        return Ok(()); // without the text that a refusal needs
    }
    x.with_dtype(y.dtype()).require_congruent(y, x_name, &format!("the space of {y_name}"))
}

/// Outputs share no memory with one another, nor with an input but element for element.
pub(super) fn check_overlaps(inputs: &[Named], outputs: &[Named]) -> Result<()> {
    for (k, (name, output)) in outputs.iter().enumerate() {
        if let Some((other, _)) = outputs[..k].iter().find(|(_, a)| a.overlaps(output)) {
            fail!(Overlap, "outputs {other} and {name} share memory");
        }
        if let Some((other, _)) = inputs.iter().find(|(_, a)| a.overlaps(output) && !same_elements(a, output)) {
            fail!(Overlap, "{other} and {name} share memory, but not element for element");
        }
    }
    Ok(())
}

fn same_elements(x: &Array, y: &Array) -> bool {
    if !x.parts().is_empty() || !y.parts().is_empty() {
        return x.parts().len() == y.parts().len() && x.parts().iter().zip(y.parts()).all(|(x, y)| same_elements(x, y));
    }
    let (Ok(a), Ok(b)) = (x.leaf(), y.leaf()) else { return false };
    let places = (a.shape == b.shape && a.strides == b.strides) || (a.is_contiguous() && b.is_contiguous());
    a.pointer() == b.pointer() && places && x.dtype() == y.dtype()
}

/// The leaf that says which global index an element has.
pub(super) fn indexed<'a>(leaves: &[&'a Array]) -> &'a Space {
    leaves.iter().rev().map(|a| a.space()).find(|s| s.shape().is_some()).unwrap_or(leaves[0].space())
}

/// Whether leaves of one space are on the device.
pub(super) fn is_on_device(leaves: &[&Array]) -> bool {
    leaves[0].space().memory() == Memory::Cuda
}

/// The walk over leaves in device memory, and their addresses.
pub(super) fn walk(leaves: &[&Array]) -> Result<(Walk<ARRAYS>, [u64; ARRAYS])> {
    let mut locals = [leaves[0].leaf()?; ARRAYS];
    for (local, leaf) in locals.iter_mut().zip(leaves) {
        *local = leaf.leaf()?;
    }
    let count = leaves[0].local_count() as usize;
    Ok((on_device::walk(count, locals)?, locals.map(|l| l.pointer() as u64)))
}

/// Leaves in host memory as blocks that are contiguous in all of them.
pub(super) struct Blocks {
    runs: [Runs; ARRAYS],
    arrays: usize,
    count: usize,
}

impl Blocks {
    pub fn new(leaves: &[&Array]) -> Result<Blocks> {
        let mut runs = [Runs::empty(); ARRAYS];
        for (runs, leaf) in runs.iter_mut().zip(leaves) {
            *runs = leaf.local()?.runs();
        }
        Ok(Blocks { runs, arrays: leaves.len(), count: leaves[0].local_count() as usize })
    }

    /// visit(first element, addresses, count) for the blocks of elements `from..to`.
    pub fn each(
        &self,
        from: usize,
        to: usize,
        mut visit: impl FnMut(usize, &[*mut u8], usize) -> Result<()>,
    ) -> Result<()> {
        let (mut at, mut pointers) = (from, [std::ptr::null_mut(); ARRAYS]);
        while at < to {
            let mut n = BLOCK.min(to - at);
            for (pointer, runs) in pointers.iter_mut().zip(&self.runs[..self.arrays]) {
                let (place, run) = runs.at(at);
                *pointer = place;
                n = n.min(run);
            }
            visit(at, &pointers[..self.arrays], n)?;
            at += n;
        }
        Ok(())
    }

    /// part(thread, from, to) on every thread of the context's pool that is worth waking.
    pub fn on_threads(&self, context: &Context, part: impl Fn(usize, usize, usize) + Sync) -> Result<()> {
        let pool = context.threads();
        if self.count < SERIAL || pool.len() == 1 {
            part(0, 0, self.count);
            return Ok(());
        }
        pool.run(&|t| {
            let range = split(self.count, pool.len(), t, 64);
            part(t, range.start, range.end);
        })
    }

    /// All elements.
    pub fn count(&self) -> usize {
        self.count
    }
}
