//! Reader of the reference values in `tests/reference/*.txt`, and the inputs they belong to (README.md there).

#![allow(dead_code)] // each test program uses its own part

use num_complex::Complex64;
use std::collections::BTreeMap;

/// Seeds of the standard inputs.
pub const MODEL: i64 = 1;
pub const DATA: i64 = 2;
pub const FILTER: i64 = 3;
pub const DIAGONAL: i64 = 4;
pub const MATRIX: i64 = 5;

/// v_k = ((31 k² + 17 (seed + 1) k + 97 seed + 5) mod 1021) / 512 - 1, exact in f32.
pub fn sequence(seed: i64, count: usize) -> Vec<f64> {
    let value = |k: i64| ((31 * k * k + 17 * (seed + 1) * k + 97 * seed + 5) % 1021) as f64 / 512.0 - 1.0;
    (0..count as i64).map(value).collect()
}

/// `sequence(seed) + i sequence(seed + 100)`: the input of a complex case.
pub fn complex_sequence(seed: i64, count: usize) -> Vec<Complex64> {
    let imaginary = sequence(seed + 100, count);
    sequence(seed, count).into_iter().zip(imaginary).map(|(re, im)| Complex64::new(re, im)).collect()
}

/// A named array of a case, C order. Real values of a complex array are its real and imaginary parts in turn.
#[derive(Debug, Clone)]
pub struct Reference {
    pub complex: bool,
    pub shape: Vec<usize>,
    parts: Vec<f64>,
}

impl Reference {
    /// Values of a real array.
    pub fn real(&self) -> &[f64] {
        assert!(!self.complex, "a complex array read as a real one");
        &self.parts
    }

    /// Values of a real or complex array.
    pub fn values(&self) -> Vec<Complex64> {
        match self.complex {
            true => self.parts.chunks(2).map(|p| Complex64::new(p[0], p[1])).collect(),
            false => self.parts.iter().map(|&re| Complex64::new(re, 0.0)).collect(),
        }
    }
}

/// One operator with its options, and what it gives.
#[derive(Debug, Clone)]
pub struct Case {
    pub operator: String,
    pub options: BTreeMap<String, String>,
    pub arrays: BTreeMap<String, Reference>,
}

impl Case {
    pub fn text(&self, key: &str) -> &str {
        self.options.get(key).unwrap_or_else(|| panic!("{self}: no option {key}"))
    }
    pub fn number(&self, key: &str) -> f64 {
        self.text(key).parse().unwrap_or_else(|_| panic!("{self}: {key} is no number"))
    }
    pub fn flag(&self, key: &str) -> bool {
        self.text(key) == "1"
    }
    /// `5x7` as `[5.0, 7.0]`; also for weights and samplings.
    pub fn numbers(&self, key: &str) -> Vec<f64> {
        let parse = |s: &str| s.parse().unwrap_or_else(|_| panic!("{self}: {key} is no list"));
        self.text(key).split('x').map(parse).collect()
    }
    /// `5x7` as `[5, 7]`; also for axes, which may be negative.
    pub fn integers(&self, key: &str) -> Vec<i64> {
        self.numbers(key).into_iter().map(|v| v as i64).collect()
    }
    pub fn is_complex(&self) -> bool {
        self.text("dtype") == "complex128"
    }
    pub fn array(&self, name: &str) -> &Reference {
        self.arrays.get(name).unwrap_or_else(|| panic!("{self}: no array {name}"))
    }
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}", self.operator)?;
        self.options.iter().try_for_each(|(key, value)| write!(f, " {key}={value}"))
    }
}

/// Where the repository is now, which need not be where this was compiled.
fn path(file: &str) -> String {
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").into());
    format!("{root}/tests/reference/{file}.txt")
}

/// All cases of one operator (or solver) in `tests/reference/<file>.txt`; at least one.
pub fn cases(file: &str, operator: &str) -> Vec<Case> {
    let path = path(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let found: Vec<Case> = parse(&text).into_iter().filter(|c| c.operator == operator).collect();
    assert!(!found.is_empty(), "{path}: no case of {operator}");
    found
}

/// The text of an iteration table that PyLops-MPI printed.
pub fn table(name: &str) -> String {
    let path = path(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn parse(text: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut words = line.split_whitespace();
        assert_eq!(words.next(), Some("case"), "{line}");
        let operator = words.next().expect("operator").to_string();
        let pair = |w: &str| w.split_once('=').map(|(k, v)| (k.to_string(), v.to_string())).expect("key=value");
        let mut case = Case { operator, options: words.map(pair).collect(), arrays: BTreeMap::new() };
        let mut line = lines.next().expect("end");
        while line != "end" {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words[0], "array", "{line}");
            let (complex, ndim) = (words[2] == "complex128", words[3].parse::<usize>().expect("ndim"));
            let shape: Vec<usize> = words[4..].iter().map(|w| w.parse().expect("extent")).collect();
            assert_eq!(shape.len(), ndim, "{line}");
            let count = shape.iter().product::<usize>() * if complex { 2 } else { 1 };
            let mut parts: Vec<f64> = Vec::with_capacity(count);
            while parts.len() < count {
                parts.extend(lines.next().expect("values").split_whitespace().map(|w| w.parse::<f64>().expect(w)));
            }
            assert_eq!(parts.len(), count, "{case}: {}", words[1]);
            case.arrays.insert(words[1].to_string(), Reference { complex, shape, parts });
            line = lines.next().expect("end");
        }
        cases.push(case);
    }
    cases
}

/// The reader gives back Identity's input, which pins `sequence` to the generator's.
#[test]
fn identity_returns_the_model_sequence() {
    let case = &cases("basic", "identity")[0];
    assert_eq!(case.integers("n"), [7]);
    assert_eq!(case.array("forward").real(), sequence(MODEL, 7));
    assert_eq!(case.array("adjoint").real(), sequence(DATA, 7));
    let complex = cases("basic", "diagonal").into_iter().find(|c| c.is_complex()).expect("a complex case");
    let (d, x) = (complex_sequence(DIAGONAL, 6), complex_sequence(MODEL, 6));
    let product: Vec<Complex64> = d.iter().zip(x).map(|(d, x)| d * x).collect();
    let forward = complex.array("forward").values();
    assert!(forward.iter().zip(product).all(|(a, b)| (a - b).norm() < 1e-15), "{complex}");
}
