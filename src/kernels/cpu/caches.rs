//! The caches of one processor, as the system tells them once.

use std::sync::OnceLock;

/// Bytes of each level that a rank of one thread can count on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caches {
    /// First level, data.
    pub first: usize,
    pub second: usize,
    /// One processor's share of the last level. Ranks fill the processors that share it.
    pub share: usize,
}

impl Caches {
    /// What is taken for granted where the system does not tell.
    const USUAL: Caches = Caches { first: 32 << 10, second: 512 << 10, share: 32 << 20 };

    /// From level, bytes and how many processors share it, of each cache that holds data.
    fn from_levels(levels: impl Iterator<Item = (usize, usize, usize)>) -> Caches {
        let mut caches = Caches::USUAL;
        let mut last = 0;
        for (level, bytes, processors) in levels.filter(|cache| cache.1 > 0) {
            match level {
                1 => caches.first = bytes,
                2 => caches.second = bytes,
                _ => {}
            }
            if level > last {
                (last, caches.share) = (level, bytes / processors.max(1));
            }
        }
        caches
    }
}

/// The caches of the first processor.
pub fn caches() -> Caches {
    static CACHES: OnceLock<Caches> = OnceLock::new();
    #[cfg(test)]
    if let Some(caches) = other_caches::forced() {
        return caches;
    }
    *CACHES.get_or_init(|| Caches::from_levels(read()))
}

/// `/sys/devices/system/cpu/cpu0/cache/index*`.
fn read() -> impl Iterator<Item = (usize, usize, usize)> {
    (0..8).filter_map(|index| {
        let read = |what: &str| {
            std::fs::read_to_string(format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{what}")).ok()
        };
        if read("type").is_some_and(|holds| holds.trim() == "Instruction") {
            return None;
        }
        let bytes = parse_bytes(read("size")?.trim())?;
        let level = read("level")?.trim().parse().ok()?;
        Some((level, bytes, read("shared_cpu_list").and_then(|list| count_processors(list.trim())).unwrap_or(1)))
    })
}

/// "32768K" as bytes.
fn parse_bytes(text: &str) -> Option<usize> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return None,
    };
    digits.parse::<usize>().ok()?.checked_mul(unit)
}

/// The length of a list such as "0-7,64-71".
fn count_processors(list: &str) -> Option<usize> {
    list.split(',').try_fold(0usize, |count, range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        count.checked_add(last.checked_sub(first)?.checked_add(1)?)
    })
}

/// Outputs of this size never bypass the cache.
const CACHED: usize = 4 << 20;

/// Whether an output of so many bytes should bypass the cache: with an input of its size it would push itself out of
/// one processor's share before anyone reads it.
pub fn should_stream(bytes: usize) -> bool {
    bytes > (caches().share / 2).max(CACHED)
}

/// Runs a test as on a processor with other caches.
#[cfg(test)]
pub(crate) mod other_caches {
    use super::Caches;
    use std::cell::Cell;

    thread_local!(static FORCED: Cell<Option<Caches>> = const { Cell::new(None) });

    pub fn forced() -> Option<Caches> {
        FORCED.get()
    }

    pub fn run(caches: Caches, test: impl FnOnce()) {
        FORCED.set(Some(caches));
        test();
        FORCED.set(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_have_sensible_sizes() {
        let Caches { first, second, share } = caches();
        assert!((1 << 12..1 << 24).contains(&first) && first <= second && (1 << 16..1 << 36).contains(&share));
        assert!(!should_stream(CACHED) && should_stream(share.max(CACHED) + 1));
    }

    #[test]
    fn levels_are_told_apart() {
        let all = [(1, 48 << 10, 2), (2, 1 << 20, 2), (3, 32 << 20, 16)];
        let caches = Caches { first: 48 << 10, second: 1 << 20, share: 2 << 20 };
        assert_eq!(Caches::from_levels(all.into_iter()), caches);
        assert_eq!(Caches::from_levels(std::iter::empty()), Caches::USUAL);
        // No third level: the second is the last.
        assert_eq!(Caches::from_levels(all.into_iter().take(2)).share, 512 << 10);
    }

    #[test]
    fn sizes_and_lists_of_the_system_are_understood() {
        assert_eq!(parse_bytes("32768K"), Some(32 << 20));
        assert_eq!(parse_bytes("x"), None);
        assert_eq!(count_processors("0-7,64-71"), Some(16));
        assert_eq!(count_processors("3"), Some(1));
        assert_eq!(count_processors("7-3"), None);
    }
}
