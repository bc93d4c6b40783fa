//! `.npy` files by every layout, dtype and number of ranks.

mod memory;
mod ranks;
mod vectors;

use dlops::arrays::{npy, Array, Space};
use dlops::context::Context;
use dlops::dtype::{DType, Scalar};
use dlops::error::Status;
use dlops::layout::Layout;
use ranks::*;

/// Two doubles, so that small arrays are many chunks.
const SLAB: i64 = 16;

fn path(name: &str) -> String {
    let file = format!("dlops-npy-{}-{name}", std::process::id());
    std::env::temp_dir().join(file).to_str().unwrap().to_string()
}

/// Rank 0 writes bytes that the others then see.
fn put(context: &Context, path: &str, bytes: &[u8]) {
    if context.rank() == 0 {
        std::fs::write(path, bytes).unwrap();
    }
    context.comm().barrier().unwrap();
}

/// A file of version 1.0 with the given description.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), data].concat()
}

#[test]
fn every_layout_writes_the_same_file_and_reads_it() {
    for size in [1, 2, 3, 4, 6, 9] {
        for shape in [vec![7], vec![5, 4], vec![3, 2, 5], vec![2, 0], vec![1, 1]] {
            let name = path(&format!("layouts-{size}-{}", shape.len() + shape[shape.len() - 1] as usize));
            on_ranks(size, |context| {
                for (k, layout) in layouts(&shape, size).into_iter().enumerate() {
                    let dtype = DType::ALL[k % 6];
                    let space = Space::new(context, dtype, &shape, layout.clone(), None).unwrap();
                    npy::write(&filled(&space), &name, SLAB).unwrap();
                    let header = npy::inspect(context, &name).unwrap();
                    assert_eq!((header.dtype, &header.shape, header.fortran_order), (dtype, &shape, false));
                    let bytes = std::fs::read(&name).unwrap();
                    let all = encode(dtype, (0..shape.iter().product()).map(|i| value(i, dtype)));
                    assert_eq!(bytes[header.data_start as usize..], all, "{layout:?}");
                    let back = Array::new(&space).unwrap();
                    npy::read(&back, &name, SLAB).unwrap();
                    assert_eq!(bytes_of(&back), expected(&space), "{layout:?}");
                    context.comm().barrier().unwrap();
                }
            });
            std::fs::remove_file(&name).unwrap();
        }
    }
}

#[test]
fn every_type_becomes_every_other_that_holds_it() {
    let name = path("types");
    on_ranks(2, |context| {
        for from in DType::ALL {
            for to in DType::ALL {
                let source = Space::new(context, from, &[4, 3], Layout::cut(0, 2), None).unwrap();
                let target = Space::new(context, to, &[4, 3], Layout::cut(1, 2), None).unwrap();
                npy::write(&filled(&source), &name, SLAB).unwrap();
                let x = Array::new(&target).unwrap();
                match npy::read(&x, &name, SLAB) {
                    Ok(()) => {
                        let values = local_indices(&target).into_iter().map(|i| value(i, from));
                        assert_eq!(bytes_of(&x), encode(to, values), "{from:?} to {to:?}");
                    }
                    Err(e) => assert!(from.is_complex() && !to.is_complex() && e.status == Status::DType, "{e}"),
                }
            }
        }
    });
    std::fs::remove_file(&name).unwrap();
}

#[test]
fn big_endian_and_fortran_order_are_understood() {
    let name = path("orders");
    on_ranks(3, |context| {
        let shape = [2i64, 4];
        let data: Vec<u8> = (0..8).flat_map(|k| (k as f64 + 0.5).to_be_bytes()).collect();
        put(context, &name, &file("{'descr': '>f8', 'fortran_order': True, 'shape': (2, 4), }", &data));
        for layout in layouts(&shape, 3) {
            let space = Space::new(context, DType::Float64, &shape, layout, None).unwrap();
            let x = Array::new(&space).unwrap();
            npy::read(&x, &name, SLAB).unwrap();
            // Element (i, j) is number i + 2 j of the file.
            let wanted: Vec<f64> = local_indices(&space).iter().map(|k| (k / 4 + 2 * (k % 4)) as f64 + 0.5).collect();
            assert_eq!(elements::<f64>(&x), wanted);
        }
        let pairs: Vec<u8> = (0..16).flat_map(|k| (k as f32).to_be_bytes()).collect();
        context.comm().barrier().unwrap();
        put(context, &name, &file("{'descr': '>c8', 'fortran_order': False, 'shape': (8,), }", &pairs));
        let space = Space::new(context, DType::Complex128, &[8], Layout::replicated(3), None).unwrap();
        let x = Array::new(&space).unwrap();
        npy::read(&x, &name, SLAB).unwrap();
        let wanted = encode(DType::Complex128, (0..8).map(|k| (2.0 * k as f64, 2.0 * k as f64 + 1.0)));
        assert_eq!(bytes_of(&x), wanted);
    });
    std::fs::remove_file(&name).unwrap();
}

#[test]
fn padded_and_unshaped_arrays_are_written() {
    let name = path("padded");
    on_ranks(2, |context| {
        let space = Space::new(context, DType::Float64, &[4, 3], Layout::cut(0, 2), None).unwrap();
        let padded = vectors::Padded::new(&space).unwrap();
        let x = padded.array.clone();
        set_bytes(&x, &expected(&space));
        npy::write(&x, &name, SLAB).unwrap();
        let plain = Array::new(&space).unwrap();
        npy::read(&plain, &name, SLAB).unwrap();
        assert_eq!(bytes_of(&plain), expected(&space));
        dlops::arrays::verbs::fill(&x, Scalar::ZERO).unwrap();
        npy::read(&x, &name, SLAB).unwrap();
        assert_eq!(bytes_of(&x), expected(&space));
        assert!(padded.written().is_empty());

        let counts = [3, 1];
        let loose = Space::unshaped(context, DType::Int64, counts[context.rank()], None).unwrap();
        let x = Array::new(&loose).unwrap();
        let first = [0, 3][context.rank()];
        set_bytes(&x, &encode(DType::Int64, (first..first + counts[context.rank()]).map(|k| (k as f64, 0.0))));
        npy::write(&x, &name, SLAB).unwrap();
        let bytes = std::fs::read(&name).unwrap();
        assert_eq!(bytes[bytes.len() - 32..], encode(DType::Int64, (0..4).map(|k| (k as f64, 0.0))));
        let back = Array::new(&loose).unwrap();
        npy::read(&back, &name, SLAB).unwrap();
        assert_eq!(bytes_of(&back), bytes_of(&x));
    });
    std::fs::remove_file(&name).unwrap();
}

#[test]
fn bad_files_are_the_same_error_on_all_ranks() {
    let name = path("bad");
    on_ranks(3, |context| {
        let space = Space::new(context, DType::Float32, &[5, 2], Layout::cut(0, 3), None).unwrap();
        let x = Array::new(&space).unwrap();
        let refused = |bytes: &[u8], status: Status, part: &str| {
            context.comm().barrier().unwrap();
            put(context, &name, bytes);
            let error = npy::read(&x, &name, SLAB).unwrap_err();
            assert_eq!(error.status, status, "{error}");
            assert!(error.message.contains(part) && error.message.contains(&name), "{error}");
        };
        let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (5, 2), }";
        refused(&[], Status::Format, "not a .npy file");
        refused(b"PK\x03\x04 something else", Status::Format, "not a .npy file");
        refused(&file(good, &[0; 39]), Status::Format, "truncated");
        refused(&file(good, &[])[..30], Status::Format, "truncated");
        refused(&file("{'shape': 3}", &[0; 40]), Status::Format, "malformed");
        refused(&file("{'descr': '|u1', 'fortran_order': False, 'shape': (5, 2), }", &[0; 40]), Status::DType, "|u1");
        refused(
            &file("{'descr': '<c8', 'fortran_order': False, 'shape': (5, 2), }", &[0; 80]),
            Status::DType,
            "complex64",
        );
        refused(
            &file("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 5), }", &[0; 40]),
            Status::Shape,
            "[5, 2]",
        );
        refused(
            &file("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", &[0; 40]),
            Status::Format,
            "no file",
        );
        let missing = npy::read(&x, &format!("{name}-missing"), SLAB).unwrap_err();
        assert_eq!(missing.status, Status::Io);
        assert_eq!(npy::write(&x, &format!("{name}-missing/inside"), SLAB).unwrap_err().status, Status::Io);
        assert_eq!(npy::read(&x, &format!("{name}{}", context.rank()), SLAB).unwrap_err().status, Status::Collective);
        let product = Array::compose(&[x.clone(), Array::new(&space).unwrap()]).unwrap();
        assert_eq!(npy::write(&product, &name, SLAB).unwrap_err().status, Status::Space);
        // The context works on.
        npy::write(&filled(&space), &name, SLAB).unwrap();
        npy::read(&x, &name, SLAB).unwrap();
        assert_eq!(bytes_of(&x), expected(&space));
    });
    std::fs::remove_file(&name).unwrap();
}
