//! A part of an array as an array of its own, moved from apply to apply without allocation.

use super::array::Array;
use super::memory::Block;
use super::space::Space;
use crate::error::Result;
use crate::storage::Memory;
use std::sync::Arc;

/// An array of one space that lies over a part of another array while an operator works, and over nothing between.
pub(crate) struct View {
    array: Array,
    nothing: Arc<Block>,
}

impl View {
    /// Over nothing yet. Local.
    pub(crate) fn new(space: &Space) -> View {
        // SAFETY: no bytes are borrowed.
        let nothing = Arc::new(unsafe { Block::borrow(Memory::Host, std::ptr::null_mut(), 0, None) });
        View { array: Array::unplaced(space, &nothing), nothing }
    }

    /// The elements of `parent` from `offset` on, counted in C order over this rank's. A product space takes them
    /// component after component, or the components of a product. `Unsupported` where padded memory has no such part.
    ///
    /// Allocates only if somebody kept a handle of the view, which then stays where it was.
    pub(crate) fn over(&mut self, parent: &Array, offset: i64) -> Result<&Array> {
        self.own();
        self.array.lay_over(parent, offset)?;
        Ok(&self.array)
    }

    /// The array over where it was laid last.
    pub(crate) fn array(&self) -> &Array {
        &self.array
    }

    /// Lets go of the parent's memory.
    pub(crate) fn rest(&mut self) {
        self.own();
        self.array.lift(&self.nothing);
    }

    fn own(&mut self) {
        if !self.array.is_only_handle() {
            self.array = Array::unplaced(self.array.space(), &self.nothing);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrays::memory::Release;
    use crate::context::{Context, ContextOptions};
    use crate::dtype::DType;
    use crate::error::Status;
    use crate::layout::Layout;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn space(context: &Context, shape: &[i64]) -> Space {
        Space::new(context, DType::Float64, shape, Layout::replicated(1), None).unwrap()
    }

    fn elements(view: &Array) -> Vec<f64> {
        let runs = view.local().unwrap().runs();
        // SAFETY: the view lies over live doubles.
        (0..runs.count()).map(|k| unsafe { runs.at(k).0.cast::<f64>().read() }).collect()
    }

    #[test]
    fn parts_of_padded_rows() {
        let context = Context::solo(ContextOptions::default()).unwrap();
        let mut memory: Vec<f64> = (0..40).map(f64::from).collect();
        let parent = space(&context, &[4, 2, 3]);
        // SAFETY: 4 planes of 10 elements with rows of 4.
        let parent = unsafe { Array::wrap_strided(&parent, memory.as_mut_ptr().cast(), &[10, 4, 1], None) }.unwrap();
        let all = elements(&parent);
        let fits = |shape: &[i64], offset: usize| {
            let count = shape.iter().product::<i64>() as usize;
            let mut view = View::new(&space(&context, shape));
            let got = view.over(&parent, offset as i64).map(elements);
            match got {
                Ok(got) => got == all[offset..offset + count] || panic!("{shape:?} at {offset}: {got:?}"),
                Err(error) if error.status == Status::Unsupported => false,
                Err(error) => panic!("{error}"),
            }
        };
        for (shape, offset) in [(vec![2, 2, 3], 6), (vec![2, 3], 9), (vec![3], 3), (vec![1, 1, 1], 8), (vec![4, 6], 0)]
        {
            assert_eq!(fits(&shape, offset), shape != [4, 6], "{shape:?} at {offset}");
        }
        assert!(fits(&[2, 3], 6) && fits(&[2], 1) && !fits(&[4], 1) && fits(&[0], 24) && !fits(&[24], 0));
        let mut long = View::new(&space(&context, &[5]));
        assert_eq!(long.over(&parent, 20).err().unwrap().status, Status::Argument);
    }

    #[test]
    fn the_memory_is_free_after_rest() {
        static RELEASED: AtomicUsize = AtomicUsize::new(0);
        let context = Context::solo(ContextOptions::default()).unwrap();
        let mut memory = vec![1.0f64; 4];
        let release: Release = Box::new(|| {
            RELEASED.fetch_add(1, Ordering::Relaxed);
        });
        // SAFETY: four doubles.
        let parent = unsafe { Array::wrap(&space(&context, &[4]), memory.as_mut_ptr().cast(), Some(release)) }.unwrap();
        let parts = Space::product(&[space(&context, &[1]), space(&context, &[2])]).unwrap();
        let mut view = View::new(&parts);
        let kept = view.over(&parent, 1).unwrap().clone();
        // A handle that somebody kept stays where it was, and the view goes on elsewhere.
        let second = view.over(&parent, 0).unwrap().parts()[1].local().unwrap().pointer();
        assert_eq!(second as usize, memory.as_ptr() as usize + 8);
        assert_eq!(kept.parts()[0].local().unwrap().pointer() as usize, memory.as_ptr() as usize + 8);
        view.rest();
        drop((parent, kept));
        assert_eq!(RELEASED.load(Ordering::Relaxed), 1);
    }
}
