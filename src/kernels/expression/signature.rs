//! What a kernel is called with: "float32 x, T y, scalar T a".

use super::function;
use super::lexer::{words, Word};
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;

/// The type of a parameter: one dtype, or any, the same for all parameters of one letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    One(DType),
    Any(char),
}

impl Type {
    /// A dtype's name or a single capital letter.
    pub fn of(name: &str) -> Option<Type> {
        let mut letters = name.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) if letter.is_ascii_uppercase() => Some(Type::Any(letter)),
            _ => DType::ALL.into_iter().find(|d| d.name() == name).map(Type::One),
        }
    }

    /// The one dtype.
    pub fn dtype(self) -> Option<DType> {
        match self {
            Type::One(dtype) => Some(dtype),
            Type::Any(_) => None,
        }
    }

    pub fn name(self) -> String {
        match self {
            Type::One(dtype) => dtype.name().into(),
            Type::Any(letter) => letter.into(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    pub of: Type,
    /// One number for all elements, passed by value.
    pub scalar: bool,
}

/// The parameters of a list; none for an empty text.
pub fn parameters(text: &str) -> Result<Vec<Parameter>> {
    let words = words(text)?;
    let mut list: Vec<Parameter> = Vec::new();
    if words.len() == 1 {
        return Ok(list);
    }
    let mut next = words.iter();
    let mut take = || next.next().cloned().unwrap_or_else(|| words[words.len() - 1].clone());
    loop {
        let (mut at, mut word) = take();
        let scalar = word == Word::Name("scalar".into());
        if scalar {
            (at, word) = take();
        }
        let of = match &word {
            Word::Name(name) => Type::of(name),
            _ => None,
        };
        let Some(of) = of else {
            return Err(at.error(format!(
                "{word} is no type; expected float32, float64, complex64, complex128, int32, int64 or a capital letter"
            )));
        };
        let (at, word) = take();
        let Word::Name(name) = word else {
            return Err(at.error(format!("expected the name of a parameter, found {word}")));
        };
        if let Err(error) = check_name(&name) {
            return Err(at.error(error));
        }
        if list.iter().any(|p| p.name == name) {
            return Err(at.error(format!("there are two parameters '{name}'")));
        }
        list.push(Parameter { name, of, scalar });
        match take() {
            (_, Word::End) => return Ok(list),
            (_, Word::Sign(",")) => {}
            (at, word) => return Err(at.error(format!("expected ',', found {word}"))),
        }
    }
}

/// An error where a name means something else already.
pub fn check_name(name: &str) -> Result<()> {
    if matches!(name, "i" | "n" | "scalar" | "dlops") || name.starts_with('_') {
        fail!(
            Compilation,
            "'{name}' is not free: i, n, scalar, dlops and names that begin with _ have a meaning of their own"
        );
    }
    if function::is_known(name) || Type::of(name).is_some() {
        fail!(Compilation, "'{name}' is the name of a function, a constant or a type");
    }
    Ok(())
}
