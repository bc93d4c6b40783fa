//! Compiled kernels on disk, so that a second run compiles nothing.
//!
//! `$DLOPS_CACHE_DIR`, else `$XDG_CACHE_HOME/dlops`, else `$HOME/.cache/dlops`; an empty `DLOPS_CACHE_DIR` switches it off.
//! A file is never trusted: the whole description of what was compiled is compared, and a checksum of the code. What
//! does not fit is compiled again and replaced. Files appear whole, by renaming.

use std::io::Write;
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"dlops\0k1";

/// Where files go; `None` where there is no place for them.
pub(super) fn directory() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    match std::env::var_os("DLOPS_CACHE_DIR") {
        Some(chosen) if chosen.is_empty() => None,
        Some(chosen) => Some(PathBuf::from(chosen)),
        None => set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache"))).map(|c| c.join("dlops")),
    }
}

/// FNV-1a of 64 bits: G. Fowler, L. C. Noll, K.-P. Vo, "The FNV Non-Cryptographic Hash Algorithm", IETF draft.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

fn path(directory: &Path, description: &str) -> PathBuf {
    directory.join(format!("{:016x}.cubin", checksum(description.as_bytes())))
}

/// The code that was stored for exactly this description.
pub(super) fn load(directory: &Path, description: &str) -> Option<Vec<u8>> {
    let file = std::fs::read(path(directory, description)).ok()?;
    let rest = file.strip_prefix(MAGIC)?;
    let (length, rest) = rest.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (stored, rest) = rest.split_at_checked(length)?;
    let (sum, code) = rest.split_first_chunk::<8>()?;
    let whole = stored == description.as_bytes() && u64::from_le_bytes(*sum) == checksum(code) && !code.is_empty();
    whole.then(|| code.to_vec())
}

/// Keeps code for later runs. A disk that refuses costs only the next run's time.
pub(super) fn store(directory: &Path, description: &str, code: &[u8]) {
    let _ = write(directory, description, code);
}

fn write(directory: &Path, description: &str, code: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let target = path(directory, description);
    let draft = target.with_extension(format!("{}.{:?}.draft", std::process::id(), std::thread::current().id()));
    let mut file = std::fs::File::create(&draft)?;
    let written = (|| {
        file.write_all(MAGIC)?;
        file.write_all(&(description.len() as u64).to_le_bytes())?;
        file.write_all(description.as_bytes())?;
        file.write_all(&checksum(code).to_le_bytes())?;
        file.write_all(code)?;
        std::fs::rename(&draft, &target)
    })();
    written.inspect_err(|_| drop(std::fs::remove_file(&draft)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_file_of_the_same_description_is_used() {
        let directory = std::env::temp_dir().join(format!("dlops-cubin-{}", std::process::id()));
        assert_eq!(load(&directory, "a"), None);
        store(&directory, "a", b"code");
        assert_eq!(load(&directory, "a").as_deref(), Some(&b"code"[..]));
        assert_eq!(load(&directory, "b"), None);
        // Under the name of one description, the file of another.
        std::fs::copy(path(&directory, "a"), path(&directory, "b")).unwrap();
        assert_eq!(load(&directory, "b"), None);
        let whole = std::fs::read(path(&directory, "a")).unwrap();
        for length in 0..whole.len() {
            std::fs::write(path(&directory, "a"), &whole[..length]).unwrap();
            assert_eq!(load(&directory, "a"), None, "cut to {length} bytes");
        }
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 0x40;
            std::fs::write(path(&directory, "a"), &broken).unwrap();
            assert_eq!(load(&directory, "a"), None, "byte {at} changed");
        }
        store(&directory, "a", b"code");
        assert!(load(&directory, "a").is_some());
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
