//! The thread pool of a context.
