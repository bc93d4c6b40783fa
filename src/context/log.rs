//! The log of a context: silent until the host installs a sink.

use std::sync::{Arc, Mutex};

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    Error = 0,
    Warning = 1,
    Info = 2,
    Debug = 3,
}

/// What receives messages; called on the thread that caused them, and free to call the library.
pub type LogSink = Arc<dyn Fn(Level, &str) + Send + Sync>;

#[derive(Default)]
pub(super) struct Log {
    sink: Mutex<Option<LogSink>>,
}

impl Log {
    pub(super) fn set(&self, sink: Option<LogSink>) {
        *self.sink.lock().unwrap_or_else(|e| e.into_inner()) = sink;
    }

    pub(super) fn is_set(&self) -> bool {
        self.sink.lock().unwrap_or_else(|e| e.into_inner()).is_some()
    }

    pub(super) fn write(&self, level: Level, text: &str) {
        let sink = self.sink.lock().unwrap_or_else(|e| e.into_inner()).clone();
        if let Some(sink) = sink {
            sink(level, text);
        }
    }
}
