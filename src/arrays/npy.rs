//! Arrays in NumPy's `.npy` files, read and written by all ranks at once.
//!
//! Ranks read and write contiguous slabs of the file with collective calls, chunk by chunk, and pass the elements on to
//! those that hold them. A rank needs memory for a few slabs, and for what it holds of a chunk, which is a slab for a
//! balanced array.

use super::array::Array;
use super::host_twin::{on_host, Use};
use super::npy_header::{self, Header};
use super::slabs::Slabs;
use crate::comm::SharedFile;
use crate::context::Context;
use crate::error::Result;
use crate::fail;
use crate::kernels::host::convert::convert;
use crate::storage::HostMemory;

/// Bytes of a slab that suit file systems.
pub const SLAB_BYTES: i64 = 16 << 20;

/// Type, order and shape of the array in a file. Collective.
///
/// # Errors
/// `Io`: the file cannot be opened or read. `Format`: not a `.npy` file, truncated or malformed. `DType`: elements of
/// a type that the library does not have. `Shape`: too many dimensions. The same on all ranks.
pub fn inspect(context: &Context, path: &str) -> Result<Header> {
    context.agree_on(Ok(()), &format!("the file '{path}'"))?;
    let mut file = context.comm().open(path, false)?;
    let header = read_header(context, &mut *file, path);
    file.close().and(header)
}

/// array := the elements of the file, converted as NumPy's astype where its type is another. Ranks read slabs of at most
/// `slab_bytes` at a time. Collective.
///
/// # Errors
/// Those of [`inspect`]; `Shape`: the file's shape is another; `DType`: complex elements for a real array; `Space`: a
/// product space. The same on all ranks.
pub fn read(x: &Array, path: &str, slab_bytes: i64) -> Result<()> {
    if x.space().is_on_device() {
        return on_host(x, Use::Writes, |x| read(x, path, slab_bytes));
    }
    let context = x.space().context();
    context.agree_on(refuse_product(x), &format!("the file '{path}' for an array of {}", shape_text(x)))?;
    let mut file = context.comm().open(path, false)?;
    let done = read_header(context, &mut *file, path)
        .and_then(|header| read_elements(x, &mut *file, &header, path, slab_bytes));
    file.close().and(done)
}

/// Writes a file of version 1.0 in C order; one that exists is replaced. Of a replicated array the first copy is
/// written. Collective.
///
/// # Errors
/// `Io`: the file cannot be made or written. `Space`: a product space. The same on all ranks.
pub fn write(x: &Array, path: &str, slab_bytes: i64) -> Result<()> {
    if x.space().is_on_device() {
        return on_host(x, Use::Reads, |x| write(x, path, slab_bytes));
    }
    let context = x.space().context();
    context.agree_on(refuse_product(x), &format!("the file '{path}' of an array of {}", shape_text(x)))?;
    let mut file = context.comm().open(path, true)?;
    let done = write_all(x, &mut *file, slab_bytes);
    file.close().and(done)
}

fn refuse_product(x: &Array) -> Result<()> {
    if x.space().is_product() {
        fail!(Space, "a .npy file holds one array, and this one is of a product space; write its components");
    }
    Ok(())
}

/// Rank 0 reads, all parse the same bytes.
fn read_header(context: &Context, file: &mut dyn SharedFile, path: &str) -> Result<Header> {
    let size = file.size();
    let mut size = context.agree(size)?.to_ne_bytes();
    context.comm().broadcast(&mut size, 0)?;
    let size = u64::from_ne_bytes(size);
    let prefix = read_and_share(context, file, 0, size.min(npy_header::PREFIX as u64) as usize)?;
    let (start, length) = npy_header::text_range(&prefix, path)?;
    if (start + length) as u64 > size {
        fail!(Format, "'{path}' is truncated: its header ends at byte {}, the file at {size}", start + length);
    }
    let text = read_and_share(context, file, start as u64, length)?;
    let header = npy_header::parse(&text, start, path)?;
    let elements = header.shape.iter().try_fold(1i64, |n, m| n.checked_mul(*m));
    let bytes = elements.and_then(|n| n.checked_mul(header.dtype.size() as i64));
    match bytes.and_then(|n| header.data_start.checked_add(n as u64)) {
        Some(end) if end <= size => Ok(header),
        Some(end) => fail!(
            Format,
            "'{path}' is truncated: an array of shape {:?} ends at byte {end}, the file at {size}",
            header.shape
        ),
        None => fail!(Format, "the header of '{path}' has shape {:?}, which no file holds", header.shape),
    }
}

fn read_and_share(context: &Context, file: &mut dyn SharedFile, offset: u64, count: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    let own = if context.rank() == 0 { count } else { 0 };
    file.read_at_all(offset, &mut bytes[..own])?;
    context.comm().broadcast(&mut bytes, 0)?;
    Ok(bytes)
}

fn read_elements(x: &Array, file: &mut dyn SharedFile, header: &Header, path: &str, slab_bytes: i64) -> Result<()> {
    let (space, dtype) = (x.space(), x.dtype());
    let flat = [space.global_count()];
    let shape = space.shape().unwrap_or(&flat);
    if header.shape != shape {
        fail!(Shape, "'{path}' has shape {:?}, the array has {shape:?}", header.shape);
    }
    if header.dtype.is_complex() && !dtype.is_complex() {
        fail!(
            DType,
            "'{path}' holds {}, which cannot become {} without losing the imaginary part",
            header.dtype.name(),
            dtype.name()
        );
    }
    let context = space.context();
    let slabs = context.agree(Slabs::new(x, header.fortran_order, slab_bytes))?;
    let size = header.dtype.size();
    for chunk in 0..slabs.chunks() {
        let slab = slabs.slab(chunk);
        let count = slab.count as usize;
        let room = HostMemory::new(count * size).and_then(|raw| Ok((raw, HostMemory::new(count * dtype.size())?)));
        let (mut raw, mut elements) = context.agree(room)?;
        file.read_at_all(header.data_start + (slab.start * size as i64) as u64, raw.as_bytes_mut())?;
        if header.swapped {
            swap(raw.as_bytes_mut(), header.dtype.real().size());
        }
        // SAFETY: both blocks are aligned and hold `count` elements of their types.
        let converted = unsafe { convert(elements.as_mut_ptr(), dtype, raw.as_ptr(), header.dtype, count, false) };
        context.agree(converted)?;
        slabs.spread(chunk, elements.as_bytes())?;
    }
    Ok(())
}

fn write_all(x: &Array, file: &mut dyn SharedFile, slab_bytes: i64) -> Result<()> {
    let (space, size) = (x.space(), x.dtype().size());
    let flat = [space.global_count()];
    let header = npy_header::write(x.dtype(), space.shape().unwrap_or(&flat));
    let context = space.context();
    file.write_at_all(0, if context.rank() == 0 { &header } else { &[] })?;
    let slabs = context.agree(Slabs::new(x, false, slab_bytes))?;
    for chunk in 0..slabs.chunks() {
        let slab = slabs.slab(chunk);
        let mut elements = context.agree(HostMemory::new(slab.count as usize * size))?;
        slabs.collect(chunk, elements.as_bytes_mut())?;
        file.write_at_all((header.len() as i64 + slab.start * size as i64) as u64, elements.as_bytes())?;
    }
    Ok(())
}

/// Reverses the bytes of every number.
fn swap(bytes: &mut [u8], size: usize) {
    bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
}

/// Type and shape, which are the same on all ranks.
fn shape_text(x: &Array) -> String {
    format!("{} {:?}", x.dtype().name(), x.space().shape())
}
