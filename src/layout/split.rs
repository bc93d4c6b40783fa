//! How many indices of an axis each part has: the splitting rules in use in the field, each by its name.

/// Balanced split of `n` indices: parts below `n mod parts` have one index more than the others.
///
/// Returns (start, length): length = floor(n / parts) + (part < n mod parts). 10 over 4 gives 3, 3, 2, 2.
/// This is the rule of `local_split` in PyLops-MPI. A part outside `0..parts` has nothing.
pub fn local_split(n: i64, parts: i64, part: i64) -> (i64, i64) {
    if !(0..parts).contains(&part) || n <= 0 {
        return (n.max(0), 0);
    }
    let (quotient, rest) = (n / parts, n % parts);
    (part * quotient + part.min(rest), quotient + i64::from(part < rest))
}

/// Split of `n` indices into blocks of ceil(n / parts): the last parts may be short or empty.
///
/// Returns (start, length). 9 over 4 gives 3, 3, 3, 0; 10 over 8 gives 2, 2, 2, 2, 2, 0, 0, 0.
/// This is the rule of block matrix products and of the Halo operator of PyLops-MPI.
pub fn ceiling_split(n: i64, parts: i64, part: i64) -> (i64, i64) {
    if !(0..parts).contains(&part) || n <= 0 {
        return (n.max(0), 0);
    }
    let block = n / parts + i64::from(n % parts != 0);
    let start = block.saturating_mul(part).min(n);
    (start, block.min(n - start))
}

/// Number of the `n` indices that `part` has when blocks of `block` indices are dealt out in turn.
///
/// This is ScaLAPACK's `numroc` with source process 0. A block below 1 gives 0.
pub fn cyclic_count(n: i64, block: i64, parts: i64, part: i64) -> i64 {
    if !(0..parts).contains(&part) || n <= 0 || block <= 0 {
        return 0;
    }
    let whole = n / block;
    let (rounds, extra) = (whole / parts, whole % parts);
    // Whole rounds, one block more for the parts before `extra`, the unfinished block for part `extra`.
    rounds * block
        + match part.cmp(&extra) {
            std::cmp::Ordering::Less => block,
            std::cmp::Ordering::Equal => n % block,
            std::cmp::Ordering::Greater => 0,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contiguous_rules_cover_in_order() {
        for n in 0..40 {
            for parts in 1..=9 {
                for rule in [local_split, ceiling_split] {
                    let mut next = 0;
                    for part in 0..parts {
                        let (start, len) = rule(n, parts, part);
                        assert_eq!(start, next);
                        assert!(len >= 0);
                        next += len;
                    }
                    assert_eq!(next, n);
                }
                let lens: Vec<i64> = (0..parts).map(|p| local_split(n, parts, p).1).collect();
                assert!(lens.windows(2).all(|w| w[0] >= w[1]) && lens[0] - lens[parts as usize - 1] <= 1);
            }
        }
    }

    #[test]
    fn known_splits() {
        let lens = |rule: fn(i64, i64, i64) -> (i64, i64), n, parts| -> Vec<i64> {
            (0..parts).map(|p| rule(n, parts, p).1).collect()
        };
        assert_eq!(lens(local_split, 10, 4), [3, 3, 2, 2]);
        assert_eq!(lens(ceiling_split, 9, 4), [3, 3, 3, 0]);
        assert_eq!(lens(ceiling_split, 10, 8), [2, 2, 2, 2, 2, 0, 0, 0]);
    }

    #[test]
    fn cyclic_count_deals_blocks_in_turn() {
        for n in 0..40 {
            for block in 1..8 {
                for parts in 1..=9 {
                    for part in 0..parts {
                        let dealt = (0..n).filter(|i| i / block % parts == part).count() as i64;
                        assert_eq!(cyclic_count(n, block, parts, part), dealt, "{n} {block} {parts} {part}");
                    }
                }
            }
        }
    }

    #[test]
    fn extreme_arguments_are_total() {
        for rule in [local_split, ceiling_split] {
            assert_eq!(rule(5, 0, 0), (5, 0));
            assert_eq!((rule(5, 2, 7), rule(5, 2, -1)), ((5, 0), (5, 0)));
            assert_eq!(rule(-5, 2, 0), (0, 0));
            let (start, len) = rule(i64::MAX, 7, 6);
            assert_eq!(start + len, i64::MAX);
        }
        assert!(ceiling_split(i64::MAX, 1 << 40, (1 << 40) - 1).1 >= 0);
        assert_eq!(cyclic_count(i64::MAX, i64::MAX, 3, 0), i64::MAX);
        assert_eq!((cyclic_count(5, 0, 2, 0), cyclic_count(5, 1, 0, 0), cyclic_count(-5, 1, 2, 0)), (0, 0, 0));
    }
}
