//! Splitting what is larger than a transport can count.

use crate::environment::number;
use crate::error::Result;

/// The most elements or bytes in one MPI call: half of what a C int can count, so that sums inside MPI do not overflow.
pub const DEFAULT_LIMIT: usize = 1 << 30;

/// `default`, or less where the environment variable `DLOPS_TEST_COUNT_LIMIT` says so: with it, tests see every
/// split at small sizes. Errors: `Option` when it is not a positive number.
pub fn count_limit(default: usize) -> Result<usize> {
    let limit = number("DLOPS_TEST_COUNT_LIMIT", 1, "a number of at least 1")?;
    Ok(limit.map_or(default, |limit| limit.min(default)))
}

/// (start, length) of consecutive pieces of at most `limit`; none for an empty whole.
pub fn pieces(whole: usize, limit: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..whole.div_ceil(limit)).map(move |i| (i * limit, limit.min(whole - i * limit)))
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn pieces_cover_the_whole_in_order() {
        assert_eq!(pieces(0, 4).count(), 0);
        assert_eq!(pieces(4, 4).collect::<Vec<_>>(), [(0, 4)]);
        assert_eq!(pieces(9, 4).collect::<Vec<_>>(), [(0, 4), (4, 4), (8, 1)]);
        assert_eq!(pieces(5_000_000_000, 1 << 30).last(), Some((4 << 30, 5_000_000_000 - (4 << 30))));
    }
}
