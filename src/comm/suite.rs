//! What every communicator must do, on any number of ranks. The parent module names what is tested.

use super::{agree, Combine, Communicator, Error, Number, Status};
use std::sync::Arc;

/// All of it, collectively. Panics at the first difference.
pub fn run(comm: &Arc<dyn Communicator>) {
    let comm = &**comm;
    reductions(comm);
    broadcasts(comm);
    gathers(comm);
    exchanges(comm);
    messages(comm);
    agreement(comm);
    files(comm);
    comm.barrier().unwrap();
    comm.check_thread().unwrap();
}

/// The suite on the communicator and on groups of it, and groups of those.
pub fn run_with_groups(comm: &Arc<dyn Communicator>) {
    run(comm);
    for modulus in [1, 2, 3] {
        let colour = (comm.rank() % modulus) as i32 - 1;
        let group = comm.split(colour).unwrap();
        let members: Vec<usize> = (0..comm.size()).filter(|r| r % modulus == comm.rank() % modulus).collect();
        assert_eq!(group.size(), members.len());
        assert_eq!(members[group.rank()], comm.rank());
        run(&group);
        let half = group.split((group.rank() / 2) as i32).unwrap();
        assert!(half.size() <= 2);
        run(&half);
        assert!(Arc::ptr_eq(group.traffic(), comm.traffic()));
    }
    comm.barrier().unwrap();
}

fn reductions(comm: &dyn Communicator) {
    let (rank, size) = (comm.rank() as f64, comm.size() as f64);
    for n in [0usize, 1, 7, 130] {
        let mut sum: Vec<f64> = (0..n).map(|i| i as f64 + rank).collect();
        comm.allreduce_f64(&mut sum, Combine::Sum).unwrap();
        for (i, s) in sum.iter().enumerate() {
            assert_eq!(*s, i as f64 * size + size * (size - 1.0) / 2.0);
        }
    }
    let mut extremes = [comm.rank() as i64 - 3];
    comm.allreduce_i64(&mut extremes, Combine::Min).unwrap();
    assert_eq!(extremes, [-3]);
    let mut extremes = [comm.rank() as i64 - 3];
    comm.allreduce_i64(&mut extremes, Combine::Max).unwrap();
    assert_eq!(extremes, [comm.size() as i64 - 4]);
    let mut bytes: Vec<u8> = [1.5f32, rank as f32].iter().flat_map(|x| x.to_ne_bytes()).collect();
    comm.allreduce(&mut bytes, Number::Float32, Combine::Sum).unwrap();
    assert_eq!(bytes[..4], (1.5f32 * size as f32).to_ne_bytes());
    let mut bytes = (comm.rank() as i32 + 1).to_ne_bytes();
    comm.allreduce(&mut bytes, Number::Int32, Combine::Max).unwrap();
    assert_eq!(i32::from_ne_bytes(bytes), comm.size() as i32);
    assert_eq!(comm.allreduce(&mut [0; 7], Number::Int32, Combine::Sum).unwrap_err().status, Status::Argument);
}

fn broadcasts(comm: &dyn Communicator) {
    for root in 0..comm.size() {
        for n in [0usize, 1, 100] {
            let mut buffer: Vec<u8> =
                (0..n).map(|i| if comm.rank() == root { (i + root) as u8 } else { 255 }).collect();
            comm.broadcast(&mut buffer, root).unwrap();
            assert!(buffer.iter().enumerate().all(|(i, &b)| b == (i + root) as u8));
        }
    }
    assert_eq!(comm.broadcast(&mut [0], comm.size()).unwrap_err().status, Status::Argument);
}

/// What rank `from` sends to rank `to` at place `i`.
fn byte(from: usize, to: usize, i: usize) -> u8 {
    (17 * from + 5 * to + i) as u8
}

fn gathers(comm: &dyn Communicator) {
    let (rank, size) = (comm.rank(), comm.size());
    for n in [0usize, 1, 33] {
        let send: Vec<u8> = (0..n).map(|i| byte(rank, 0, i)).collect();
        let mut receive = vec![0; n * size];
        comm.allgather(&send, &mut receive).unwrap();
        assert!((0..n * size).all(|i| receive[i] == byte(i / n, 0, i % n)));
    }
    assert_eq!(comm.allgather_i64(rank as i64 * 3).unwrap(), (0..size as i64).map(|r| r * 3).collect::<Vec<_>>());
    // Uneven, some empty, in reverse order and with gaps of two bytes.
    for scale in [0usize, 1, 11] {
        let counts: Vec<usize> = (0..size).map(|r| scale * (r % 3)).collect();
        let displacements: Vec<usize> = (0..size).map(|r| counts[r + 1..].iter().map(|c| c + 2).sum()).collect();
        let mut receive = vec![255u8; counts.iter().map(|c| c + 2).sum()];
        let send: Vec<u8> = (0..counts[rank]).map(|i| byte(rank, 1, i)).collect();
        comm.allgatherv(&send, &mut receive, &counts, &displacements).unwrap();
        for r in 0..size {
            let (start, count) = (displacements[r], counts[r]);
            assert!((0..count).all(|i| receive[start + i] == byte(r, 1, i)));
            assert_eq!(receive[start + count..][..2], [255, 255]);
        }
    }
}

fn exchanges(comm: &dyn Communicator) {
    let (rank, size) = (comm.rank(), comm.size());
    for scale in [0usize, 1, 9] {
        let count = |from: usize, to: usize| scale * ((from + 2 * to) % 4);
        let send_counts: Vec<usize> = (0..size).map(|to| count(rank, to)).collect();
        let receive_counts: Vec<usize> = (0..size).map(|from| count(from, rank)).collect();
        let starts = |counts: &[usize]| -> Vec<usize> { (0..size).map(|r| counts[..r].iter().sum()).collect() };
        let (send_starts, receive_starts) = (starts(&send_counts), starts(&receive_counts));
        let send: Vec<u8> = (0..size).flat_map(|to| (0..count(rank, to)).map(move |i| byte(rank, to, i))).collect();
        let mut receive = vec![0u8; receive_counts.iter().sum()];
        comm.alltoallv(&send, &send_counts, &send_starts, &mut receive, &receive_counts, &receive_starts).unwrap();
        for from in 0..size {
            assert!((0..count(from, rank)).all(|i| receive[receive_starts[from] + i] == byte(from, rank, i)));
        }
    }
}

fn messages(comm: &dyn Communicator) {
    let (rank, size) = (comm.rank(), comm.size());
    let (left, right) = ((rank + size - 1) % size, (rank + 1) % size);
    for n in [0usize, 1, 50, 3000] {
        // Two messages with one tag keep their order; the other tag overtakes them.
        let out: Vec<Vec<u8>> = (0..3).map(|k| (0..n).map(|i| byte(rank, k, i)).collect()).collect();
        let mut into = vec![vec![0u8; n]; 3];
        let mut requests = Vec::new();
        let tags = [4, 4, 9];
        for k in [2, 0, 1] {
            // SAFETY: `into` is left alone until the wait.
            unsafe { comm.receive(into[k].as_mut_ptr(), n, left, tags[k], &mut requests) }.unwrap();
        }
        for k in 0..3 {
            // SAFETY: `out` is left alone until the wait.
            unsafe { comm.send(out[k].as_ptr(), n, right, tags[k], &mut requests) }.unwrap();
        }
        assert_eq!(requests.is_empty(), n == 0);
        // A collective may run between post and wait.
        comm.barrier().unwrap();
        for _ in 0..20 {
            comm.test(&mut requests).unwrap();
        }
        comm.wait(&mut requests).unwrap();
        assert!(requests.is_empty());
        for (k, message) in into.iter().enumerate() {
            assert!((0..n).all(|i| message[i] == byte(left, k, i)), "message {k} of {n} bytes");
        }
    }
    let mut requests = Vec::new();
    for (peer, tag) in [(size, 0), (0, -1), (0, 40_000)] {
        // SAFETY: refused before anything is read.
        let refused = unsafe { comm.send([1u8].as_ptr(), 1, peer, tag, &mut requests) };
        assert_eq!(refused.unwrap_err().status, Status::Argument);
    }
    assert!(requests.is_empty());
}

fn agreement(comm: &dyn Communicator) {
    assert_eq!(agree(comm, Ok(comm.rank())).unwrap(), comm.rank());
    let last = comm.size() - 1;
    for failing in [vec![last], (0..comm.size()).collect()] {
        let mine = match failing.contains(&comm.rank()) {
            true => Err(Error::new(Status::Shape, format!("axis 2 on rank {}", comm.rank()))),
            false => Ok(()),
        };
        let error = agree(comm, mine).unwrap_err();
        let who = if comm.size() > 1 { format!("rank {}: ", failing[0]) } else { String::new() };
        assert_eq!(error, Error::new(Status::Shape, format!("{who}axis 2 on rank {}", failing[0])));
    }
}

fn files(comm: &dyn Communicator) {
    let (rank, size) = (comm.rank(), comm.size());
    let mut identity = [if rank == 0 { unique() } else { 0 }];
    comm.allreduce_i64(&mut identity, Combine::Max).unwrap();
    let path = std::env::temp_dir().join(format!("dlops-suite-{}", identity[0]));
    let path = path.to_str().expect("a printable name").to_string();

    // Rank r writes 10 r bytes; rank 0 none.
    let start = |r: usize| (5 * r * r.saturating_sub(1)) as u64;
    let mine: Vec<u8> = (0..10 * rank).map(|i| byte(rank, 2, i)).collect();
    let mut file = comm.open(&path, true).unwrap();
    file.write_at_all(start(rank), &mine).unwrap();
    file.close().unwrap();

    let mut file = comm.open(&path, false).unwrap();
    assert_eq!(file.size().unwrap(), start(size));
    let other = (rank + 1) % size;
    let mut buffer = vec![0u8; 10 * other];
    file.read_at_all(start(other), &mut buffer).unwrap();
    assert!(buffer.iter().enumerate().all(|(i, &b)| b == byte(other, 2, i)));
    // Only the last rank reads past the end; all ranks hear of it.
    let past = if rank + 1 == size { start(size).saturating_sub(1) } else { 0 };
    let mut two = vec![0u8; if rank + 1 == size { 2 } else { 0 }];
    let short = file.read_at_all(past, &mut two).unwrap_err();
    assert_eq!(short.status, Status::Io);
    assert!(short.message.contains(&path) && short.message.contains(&format!("has {} bytes", start(size))), "{short}");
    file.read_at_all(0, &mut []).unwrap();
    file.close().unwrap();

    // A new file under an old name is empty; dropped without close.
    let empty = comm.open(&path, true).unwrap();
    assert_eq!(empty.size().unwrap(), 0);
    drop(empty);

    let refused = |path: &str, create: bool| {
        let error = comm.open(path, create).err().expect("no such file");
        assert_eq!(error.status, Status::Io, "{error}");
        assert!(error.message.contains(path), "{error}");
    };
    refused(&format!("{path}-missing"), false);
    refused(&format!("{path}-missing/inside"), true);
    refused(std::env::temp_dir().to_str().expect("a printable name"), false);
    comm.barrier().unwrap();
    if rank == 0 {
        std::fs::remove_file(&path).unwrap();
    }
}

/// A number that no other file of this machine's tests has.
fn unique() -> i64 {
    use std::sync::atomic::{AtomicI64, Ordering};
    static NEXT: AtomicI64 = AtomicI64::new(0);
    std::process::id() as i64 * 1_000_000 + NEXT.fetch_add(1, Ordering::Relaxed)
}
