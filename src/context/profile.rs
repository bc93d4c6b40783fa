//! Calls, seconds, messages and bytes of every operator and solver of a context.

use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The counters of everything that bears one name.
#[derive(Debug)]
pub struct Entry {
    pub name: String,
    calls: AtomicU64,
    nanoseconds: AtomicU64,
    messages: AtomicU64,
    bytes: AtomicU64,
}

impl Entry {
    /// (calls, seconds, messages, bytes) of this rank; the time of children is included.
    pub fn read(&self) -> (u64, f64, u64, u64) {
        (
            self.calls.load(Ordering::Relaxed),
            self.nanoseconds.load(Ordering::Relaxed) as f64 * 1e-9,
            self.messages.load(Ordering::Relaxed),
            self.bytes.load(Ordering::Relaxed),
        )
    }

    /// One call more: its start, and the traffic (messages, bytes) before and after it.
    pub fn record(&self, start: Instant, before: (u64, u64), after: (u64, u64)) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        self.messages.fetch_add(after.0 - before.0, Ordering::Relaxed);
        self.bytes.fetch_add(after.1 - before.1, Ordering::Relaxed);
    }

    fn clear(&self) {
        for counter in [&self.calls, &self.nanoseconds, &self.messages, &self.bytes] {
            counter.store(0, Ordering::Relaxed);
        }
    }
}

/// All entries of a context, in the order in which their names first appeared.
#[derive(Debug)]
pub struct Profile {
    enabled: AtomicBool,
    entries: Mutex<Vec<Arc<Entry>>>,
}

impl Profile {
    pub(super) fn new(enabled: bool) -> Profile {
        Profile { enabled: AtomicBool::new(enabled), entries: Mutex::new(Vec::new()) }
    }

    pub fn enabled(&self) -> bool {
        self.enabled.load(Ordering::Relaxed)
    }

    pub fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::Relaxed);
    }

    /// The entry of this name, made when it is new.
    pub fn entry(&self, name: &str) -> Arc<Entry> {
        let mut entries = self.entries.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(found) = entries.iter().find(|e| e.name == name) {
            return found.clone();
        }
        let entry = Arc::new(Entry {
            name: name.to_string(),
            calls: AtomicU64::new(0),
            nanoseconds: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        });
        entries.push(entry.clone());
        entry
    }

    /// The entry of this name, if anything bore it.
    pub fn find(&self, name: &str) -> Option<Arc<Entry>> {
        self.entries.lock().unwrap_or_else(|e| e.into_inner()).iter().find(|e| e.name == name).cloned()
    }

    /// Every counter back to zero.
    pub fn clear(&self) {
        self.entries.lock().unwrap_or_else(|e| e.into_inner()).iter().for_each(|e| e.clear());
    }

    /// This rank's table: one line a name that was called.
    pub fn table(&self) -> String {
        let mut text = format!("{:<32} {:>10} {:>12} {:>10} {:>14}\n", "name", "calls", "seconds", "messages", "bytes");
        for entry in self.entries.lock().unwrap_or_else(|e| e.into_inner()).iter() {
            let (calls, seconds, messages, bytes) = entry.read();
            if calls > 0 {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{:<32} {calls:>10} {seconds:>12.6} {messages:>10} {bytes:>14}", entry.name);
            }
        }
        text
    }
}
