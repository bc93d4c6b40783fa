//! Arrays of tests as lists of complex values in local C order, whatever their dtype, strides or components.

#![allow(dead_code)] // each test program uses its own part

use dlops::arrays::{verbs, Array, Memory, Space};
use dlops::device::DeviceMemory;
use dlops::dispatch;
use dlops::dtype::{Element, Scalar};
use dlops::error::Result;
use num_complex::Complex64;

/// Calls `visit` with the byte offset of every local element of a leaf.
fn each_offset(array: &Array, mut visit: impl FnMut(isize)) {
    let local = array.leaf().expect("a leaf");
    let count: i64 = local.shape.iter().product();
    for index in 0..count {
        let (mut rest, mut offset) = (index, 0);
        for axis in (0..local.shape.len()).rev() {
            offset += rest % local.shape[axis] * local.strides[axis];
            rest /= local.shape[axis];
        }
        visit(offset as isize);
    }
}

pub fn read(array: &Array) -> Vec<Complex64> {
    if array.space().is_on_device() {
        return read(&array.host_copy().expect("room on the host"));
    }
    let mut values = Vec::new();
    array
        .for_each_leaf(&mut |leaf| {
            let pointer = leaf.local()?.pointer();
            dispatch!(leaf.dtype(), T => each_offset(leaf, |offset| {
                // SAFETY: an element of the leaf.
                let value = unsafe { *pointer.cast::<T>().offset(offset) }.to_scalar();
                values.push(Complex64::new(value.re, value.im));
            }));
            Ok(())
        })
        .expect("floating-point leaves");
    values
}

pub fn write(array: &Array, values: &[Complex64]) {
    if array.space().is_on_device() {
        let twin = Array::new(&array.space().with_memory(Memory::Host).expect("host memory")).expect("room");
        write(&twin, values);
        return verbs::copy(&twin, array).expect("a copy");
    }
    let mut values = values.iter();
    array
        .for_each_leaf(&mut |leaf| {
            let pointer = leaf.local()?.pointer();
            dispatch!(leaf.dtype(), T => each_offset(leaf, |offset| {
                let value = values.next().expect("one value an element");
                // SAFETY: an element of the leaf.
                unsafe { *pointer.cast::<T>().offset(offset) = T::from_scalar(Scalar::complex(value.re, value.im)) };
            }));
            Ok(())
        })
        .expect("floating-point leaves");
    assert!(values.next().is_none(), "more values than elements");
}

/// Padded memory full of NaN, in the memory of the space, and an array over it whose elements are not yet set.
pub struct Padded {
    pub array: Array,
    leaves: Vec<Room>,
}

/// Memory of one leaf: on the host, or on the device with as many bytes.
struct Room {
    here: Vec<f64>,
    there: Option<DeviceMemory>,
}

impl Room {
    fn new(space: &Space, elements: usize) -> Result<Room> {
        let here = vec![f64::NAN; (elements * space.dtype().size()).div_ceil(8)];
        let there = match (space.memory(), space.context().stream()) {
            (Memory::Cuda, Some(stream)) => {
                let memory = DeviceMemory::new(stream, 8 * here.len())?;
                // SAFETY: both sides have as many bytes, and the stream is waited for.
                unsafe { stream.copy_in(memory.pointer(), here.as_ptr().cast(), memory.bytes())? };
                stream.synchronize()?;
                Some(memory)
            }
            _ => None,
        };
        Ok(Room { here, there })
    }

    fn pointer(&mut self) -> *mut u8 {
        match &self.there {
            Some(memory) => memory.pointer() as *mut u8,
            None => self.here.as_mut_ptr().cast(),
        }
    }

    fn contents(&self) -> Vec<f64> {
        let mut contents = self.here.clone();
        if let Some(memory) = &self.there {
            // SAFETY: both sides have as many bytes, and the stream is waited for.
            let copied =
                unsafe { memory.stream().copy_out(contents.as_mut_ptr().cast(), memory.pointer(), memory.bytes()) };
            copied.and_then(|()| memory.stream().synchronize()).expect("a copy");
        }
        contents
    }
}

impl Padded {
    /// Rows three elements longer than the last axis, and other axes one index longer.
    pub fn new(space: &Space) -> Result<Padded> {
        let mut leaves = Vec::new();
        let array = padded(space, &mut leaves)?;
        Ok(Padded { array, leaves })
    }

    /// Places of the padding that have been written, as (leaf, offset in elements).
    pub fn written(&self) -> Vec<(usize, usize)> {
        let (mut leaf, mut written) = (0, Vec::new());
        self.array
            .for_each_leaf(&mut |array| {
                let memory = self.leaves[leaf].contents();
                leaf += 1;
                let size = array.dtype().size();
                let bytes = std::mem::size_of_val(&memory[..]);
                let mut outside = vec![true; bytes / size];
                each_offset(array, |offset| outside[offset as usize] = false);
                let pad = f64::NAN.to_ne_bytes();
                for k in (0..bytes / size).filter(|k| outside[*k]) {
                    // SAFETY: bytes of the memory.
                    let found = unsafe { std::slice::from_raw_parts(memory.as_ptr().cast::<u8>().add(k * size), size) };
                    if found.iter().enumerate().any(|(i, b)| *b != pad[(k * size + i) % 8]) {
                        written.push((leaf - 1, k));
                    }
                }
                Ok(())
            })
            .expect("leaves");
        written
    }
}

fn padded(space: &Space, leaves: &mut Vec<Room>) -> Result<Array> {
    if space.is_product() {
        let parts = space.components().iter().map(|c| padded(c, leaves)).collect::<Result<Vec<_>>>()?;
        return Array::compose(&parts);
    }
    let shape = space.local_shape();
    let mut strides = vec![1; shape.len()];
    for k in (0..shape.len() - 1).rev() {
        strides[k] = strides[k + 1] * (shape[k + 1] + if k + 2 == shape.len() { 3 } else { 1 });
    }
    let mut room = Room::new(space, (strides[0] * (shape[0] + 1) + 3) as usize)?;
    let pointer = room.pointer();
    leaves.push(room);
    // SAFETY: the memory is kept beside the array and holds all that shape and strides reach.
    unsafe { Array::wrap_strided(space, pointer, &strides, None) }
}
