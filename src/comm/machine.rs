//! Which ranks share a machine, where the transport cannot tell.

use crate::error::Result;
use std::sync::OnceLock;

/// The running kernel: the same for all processes of a machine, containers included, and for no other machine.
fn identity() -> [u8; 64] {
    static IDENTITY: OnceLock<[u8; 64]> = OnceLock::new();
    *IDENTITY.get_or_init(|| {
        let mut name = [0u8; 64];
        let boot = std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        if boot.is_empty() {
            // SAFETY: at most 63 bytes are written, and the last one stays zero.
            let _ = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) };
        }
        name.iter_mut().zip(&boot).for_each(|(to, from)| *to = *from);
        name
    })
}

/// Ranks below this one with the same machine. Collective: one allgather.
pub(super) fn local_rank(
    allgather: &dyn Fn(&[u8], &mut [u8]) -> Result<()>,
    rank: usize,
    size: usize,
) -> Result<usize> {
    let own = identity();
    let mut all = vec![0; own.len() * size];
    allgather(&own, &mut all)?;
    Ok(all.chunks_exact(own.len()).take(rank).filter(|other| *other == own).count())
}
