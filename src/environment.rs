//! Numbers that environment variables give.

use crate::error::Result;
use crate::fail;

/// The value of a variable, if it is set. Errors: `Option` where it is not a number of at least `least`; the text says
/// that `expected` was.
pub fn number(name: &str, least: usize, expected: &str) -> Result<Option<usize>> {
    let Some(text) = std::env::var_os(name) else { return Ok(None) };
    match text.to_str().and_then(|t| t.trim().parse().ok()).filter(|n| *n >= least) {
        None => fail!(Option, "{name} is {text:?}, expected {expected}"),
        found => Ok(found),
    }
}
