//! Which rank holds which elements: pure integer code.
