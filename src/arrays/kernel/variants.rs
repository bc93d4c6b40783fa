//! A kernel's forms for the dtypes that it has met.

use crate::dtype::DType;
use crate::error::Result;
use std::sync::{Arc, Mutex, PoisonError};

/// One form for each list of dtypes, made when it is first asked for.
pub(super) struct Variants<V>(Mutex<Vec<(Vec<DType>, Arc<V>)>>);

impl<V> Default for Variants<V> {
    fn default() -> Variants<V> {
        Variants(Mutex::default())
    }
}

impl<V> Variants<V> {
    pub fn get(&self, dtypes: &[DType], make: impl FnOnce() -> Result<V>) -> Result<Arc<V>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = all.iter().find(|(of, _)| of == dtypes) {
            return Ok(known.clone());
        }
        let variant = Arc::new(make()?);
        all.push((dtypes.to_vec(), variant.clone()));
        Ok(variant)
    }
}
