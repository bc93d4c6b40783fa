//! Arithmetic modulo the Mersenne prime p = 2^127 - 1.

/// 2^127 - 1.
pub(super) const PRIME: u128 = (1 << 127) - 1;

/// x mod p for any x.
fn reduce(x: u128) -> u128 {
    let folded = (x & PRIME) + (x >> 127);
    if folded >= PRIME {
        folded - PRIME
    } else {
        folded
    }
}

/// a + b mod p, for a, b < p.
pub(super) fn add(a: u128, b: u128) -> u128 {
    reduce(a + b)
}

/// a b mod p, for a, b < p.
pub(super) fn multiply(a: u128, b: u128) -> u128 {
    const LOW: u128 = u64::MAX as u128;
    let (a1, a0, b1, b0) = (a >> 64, a & LOW, b >> 64, b & LOW);
    // a b = high 2^128 + middle 2^64 + low, with 2^127 = 1.
    let high = a1 * b1;
    let middle = a1 * b0 + a0 * b1;
    let low = a0 * b0;
    let middle = add((middle & ((1 << 63) - 1)) << 64, middle >> 63);
    add(add(2 * high, middle), reduce(low))
}

/// (1 + y + ... + y^(n-1), y^n) mod p by doubling: S(2m) = S(m) + y^m S(m), S(m+1) = 1 + y S(m).
pub(super) fn geometric(y: u128, n: u64) -> (u128, u128) {
    let (mut sum, mut power) = (0, 1);
    for bit in (0..u64::BITS - n.leading_zeros()).rev() {
        sum = add(sum, multiply(power, sum));
        power = multiply(power, power);
        if n >> bit & 1 == 1 {
            sum = add(1, multiply(y, sum));
            power = multiply(power, y);
        }
    }
    (sum, power)
}

/// y^n mod p.
pub(super) fn power(y: u128, n: u64) -> u128 {
    geometric(y, n).1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// a b mod p by additions only.
    fn slow_multiply(a: u128, b: u128) -> u128 {
        (0..127).rev().fold(0, |sum, bit| {
            let doubled = add(sum, sum);
            if b >> bit & 1 == 1 {
                add(doubled, a)
            } else {
                doubled
            }
        })
    }

    #[test]
    fn products_of_edge_values() {
        let limbs = [0, 1, 2, (1 << 63) - 1, 1 << 63, u64::MAX as u128 - 1, u64::MAX as u128];
        let values: Vec<u128> =
            limbs.iter().flat_map(|h| limbs.iter().map(move |l| (h << 64 | l) & PRIME)).map(reduce).collect();
        for &a in &values {
            for &b in &values {
                assert_eq!(multiply(a, b), slow_multiply(a, b), "{a} {b}");
            }
        }
    }

    #[test]
    fn geometric_sums() {
        for y in [0, 1, 2, 3, PRIME - 1, 1 << 126] {
            let (mut sum, mut y_n) = (0, 1);
            for n in 0..70 {
                assert_eq!(geometric(y, n), (sum, y_n));
                sum = add(sum, y_n);
                y_n = multiply(y_n, y);
            }
        }
        // 2^127 = p + 1, and y^p = y (Fermat).
        let root = power(power(5, 1 << 63), 1 << 63);
        assert_eq!(multiply(root, root), 25);
    }
}
