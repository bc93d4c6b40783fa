//! Difference quotients of the first and second derivative.

use crate::error::Result;
use crate::fail;
use crate::kernels::stencil::{Stencil, Tap};

/// On which side of a point its difference quotient lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Forward,
    Backward,
    Centered,
}

/// The first derivative with spacing `sampling`; rows whose points would lie outside 0..n are zero.
///
/// ```text
/// forward               y_i = (x_(i+1) - x_i) / d
/// backward              y_i = (x_i - x_(i-1)) / d
/// centered, order 3     y_i = (x_(i+1) - x_(i-1)) / 2d
/// centered, order 5     y_i = (x_(i-2) - 8 x_(i-1) + 8 x_(i+1) - x_(i+2)) / 12d
/// ```
///
/// `edge` applies to the centered kinds: one-sided differences at both ends and, for order 5, the quotient of
/// order 3 beside them. `order` applies to the centered kind only. Source: PyLops, `FirstDerivative`.
///
/// Errors: `Argument` for a sampling that is zero or not finite, and for an order other than 3 and 5.
pub fn first_derivative(n: usize, kind: Kind, order: usize, edge: bool, sampling: f64) -> Result<Stencil> {
    let step = checked(sampling)?;
    let mut ends: Vec<(isize, Vec<Tap>)> = Vec::new();
    let interior = match (kind, order) {
        (Kind::Forward, _) => vec![(0, -1.0), (1, 1.0)],
        (Kind::Backward, _) => vec![(-1, -1.0), (0, 1.0)],
        (Kind::Centered, 3) => vec![(-1, -0.5), (1, 0.5)],
        (Kind::Centered, 5) => vec![(-2, 1.0 / 12.0), (-1, -2.0 / 3.0), (1, 2.0 / 3.0), (2, -1.0 / 12.0)],
        _ => fail!(Argument, "order is {order}, a centered first derivative has order 3 or 5"),
    };
    if edge && kind == Kind::Centered {
        ends = vec![(0, vec![(0, -1.0), (1, 1.0)]), (-1, vec![(-1, -1.0), (0, 1.0)])];
        if order == 5 {
            ends.extend([(1, vec![(-1, -0.5), (1, 0.5)]), (-2, vec![(-1, -0.5), (1, 0.5)])]);
        }
    }
    Ok(Stencil::with_ends(n, interior, &ends, step))
}

/// The second derivative with spacing `sampling`; rows whose points would lie outside 0..n are zero.
///
/// ```text
/// forward     y_i = (x_i - 2 x_(i+1) + x_(i+2)) / d^2
/// backward    y_i = (x_(i-2) - 2 x_(i-1) + x_i) / d^2
/// centered    y_i = (x_(i-1) - 2 x_i + x_(i+1)) / d^2
/// ```
///
/// `edge` applies to the centered kind: the forward quotient at the first point, the backward one at the last.
/// Source: PyLops, `SecondDerivative`. Errors: `Argument` for a sampling that is zero or not finite.
pub fn second_derivative(n: usize, kind: Kind, edge: bool, sampling: f64) -> Result<Stencil> {
    let step = checked(sampling)?;
    let forward = vec![(0, 1.0), (1, -2.0), (2, 1.0)];
    let backward = vec![(-2, 1.0), (-1, -2.0), (0, 1.0)];
    let ends = match edge && kind == Kind::Centered {
        true => vec![(0, forward.clone()), (-1, backward.clone())],
        false => vec![],
    };
    let interior = match kind {
        Kind::Forward => forward,
        Kind::Backward => backward,
        Kind::Centered => vec![(-1, 1.0), (0, -2.0), (1, 1.0)],
    };
    Ok(Stencil::with_ends(n, interior, &ends, step * step))
}

fn checked(sampling: f64) -> Result<f64> {
    if sampling == 0.0 || !sampling.is_finite() {
        fail!(Argument, "sampling is {sampling}, expected a finite number other than zero");
    }
    Ok(sampling)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [Kind; 3] = [Kind::Forward, Kind::Backward, Kind::Centered];

    fn dense(stencil: &Stencil) -> Vec<Vec<f64>> {
        let n = stencil.n();
        let mut matrix = vec![vec![0.0; n]; n];
        for (i, row) in matrix.iter_mut().enumerate() {
            let taps = stencil.row(i);
            assert!(taps.windows(2).all(|t| t[0].0 < t[1].0), "offsets increase");
            for &(o, c) in taps {
                row[(i as isize + o) as usize] = c;
            }
        }
        matrix
    }

    /// The quotients spelled out: y[i] += c x[j] for a list of (j, c).
    fn set(matrix: &mut [Vec<f64>], i: isize, list: &[(isize, f64)], divisor: f64) {
        let n = matrix.len() as isize;
        let i = if i < 0 { i + n } else { i };
        if i < 0 || i >= n || list.iter().any(|t| t.0 < 0 || t.0 >= n) {
            return;
        }
        matrix[i as usize].fill(0.0);
        for &(j, c) in list {
            matrix[i as usize][j as usize] = c / divisor;
        }
    }

    fn first(n: usize, kind: Kind, order: usize, edge: bool, d: f64) -> Vec<Vec<f64>> {
        let mut m = vec![vec![0.0; n]; n];
        let e = n as isize;
        if edge && kind == Kind::Centered {
            if order == 5 {
                set(&mut m, 1, &[(0, -0.5), (2, 0.5)], d);
                set(&mut m, -2, &[(e - 3, -0.5), (e - 1, 0.5)], d);
            }
            set(&mut m, 0, &[(0, -1.0), (1, 1.0)], d);
            set(&mut m, -1, &[(e - 2, -1.0), (e - 1, 1.0)], d);
        }
        for i in 0..e {
            match (kind, order) {
                (Kind::Forward, _) => set(&mut m, i, &[(i, -1.0), (i + 1, 1.0)], d),
                (Kind::Backward, _) => set(&mut m, i, &[(i - 1, -1.0), (i, 1.0)], d),
                (_, 3) => set(&mut m, i, &[(i - 1, -0.5), (i + 1, 0.5)], d),
                _ => set(&mut m, i, &[(i - 2, 1. / 12.), (i - 1, -2. / 3.), (i + 1, 2. / 3.), (i + 2, -1. / 12.)], d),
            }
        }
        m
    }

    fn second(n: usize, kind: Kind, edge: bool, d: f64) -> Vec<Vec<f64>> {
        let mut m = vec![vec![0.0; n]; n];
        let e = n as isize;
        let at = |m: &mut Vec<Vec<f64>>, i: isize, j: isize| set(m, i, &[(j, 1.0), (j + 1, -2.0), (j + 2, 1.0)], d * d);
        if edge && kind == Kind::Centered {
            at(&mut m, 0, 0);
            at(&mut m, -1, e - 3);
        }
        for i in 0..e {
            match kind {
                Kind::Forward => at(&mut m, i, i),
                Kind::Backward => at(&mut m, i, i - 2),
                Kind::Centered => at(&mut m, i, i - 1),
            }
        }
        m
    }

    fn all(mut visit: impl FnMut(Stencil, Vec<Vec<f64>>)) {
        for n in 0..20 {
            for kind in KINDS {
                for edge in [false, true] {
                    for order in [3, 5] {
                        let stencil = first_derivative(n, kind, order, edge, 0.7).expect("good arguments");
                        visit(stencil, first(n, kind, order, edge, 0.7));
                    }
                    visit(second_derivative(n, kind, edge, 0.7).expect("good arguments"), second(n, kind, edge, 0.7));
                }
            }
        }
    }

    #[test]
    fn rows_are_the_formulas() {
        all(|stencil, matrix| assert_eq!(dense(&stencil), matrix, "{stencil:?}"));
    }

    #[test]
    fn adjoint_is_the_transpose() {
        all(|stencil, matrix| {
            let n = matrix.len();
            let adjoint = stencil.adjoint();
            let transposed: Vec<Vec<f64>> = (0..n).map(|j| (0..n).map(|i| matrix[i][j]).collect()).collect();
            assert_eq!(dense(&adjoint), transposed, "{stencil:?}");
            assert_eq!(dense(&adjoint.adjoint()), matrix);
            assert!(n < 12 || adjoint.uniform().len() >= n - 8, "most rows are uniform");
        });
    }

    #[test]
    fn halo_and_inside_are_what_rows_read() {
        all(|stencil, matrix| {
            let n = matrix.len();
            for s in [stencil.adjoint(), stencil] {
                let d = dense(&s);
                let columns = |i: usize| (0..n).filter(|&j| d[i][j] != 0.0).collect::<Vec<_>>();
                for start in 0..n {
                    for end in start..=n {
                        let read: Vec<usize> = (start..end).flat_map(columns).collect();
                        let before = read.iter().map(|&j| start.saturating_sub(j)).max().unwrap_or(0);
                        let after = read.iter().map(|&j| (j + 1).saturating_sub(end)).max().unwrap_or(0);
                        assert_eq!(s.halo(start..end), (before, after));
                        assert!(before <= s.reach().0 && after <= s.reach().1);
                        for i in s.inside(start..end) {
                            assert!(columns(start + i).iter().all(|j| (start..end).contains(j)));
                        }
                        assert!(s.inside(start..end).end <= end - start);
                    }
                }
                let (before, after) = s.reach();
                if n >= 12 {
                    let inside = s.inside(2..n - 2);
                    assert!(inside.start <= before && inside.end >= n - 4 - after, "no more is left out than needed");
                }
            }
        });
    }

    #[test]
    fn bad_arguments_are_refused() {
        use crate::error::Status;
        for sampling in [0.0, f64::NAN, f64::INFINITY] {
            let error = first_derivative(5, Kind::Forward, 3, false, sampling).expect_err("refused");
            assert_eq!(error.status, Status::Argument);
            assert!(second_derivative(5, Kind::Forward, false, sampling).is_err());
        }
        let error = first_derivative(5, Kind::Centered, 4, false, 1.0).expect_err("refused");
        assert!(error.message.contains('4'));
    }
}
