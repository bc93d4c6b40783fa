//! Work of a stream that was recorded once, to be put on it again by one call.

use super::device::Device;
use super::driver::check;
use super::stream::Stream;
use crate::error::Result;
use cudarc::driver::sys::{self, CUgraph, CUgraphExec};
use std::sync::Arc;

/// Kernels, copies and their order. What they read and write must live as long as the graph is launched.
pub struct Graph {
    device: Arc<Device>,
    raw: CUgraphExec,
}

// SAFETY: a driver's handle, which one thread uses at a time: launching needs `&mut`.
unsafe impl Send for Graph {}

impl Stream {
    /// Records what `work` puts on the stream, instead of doing it. An error is one of `work`, or says that the stream
    /// cannot record or that something in `work` cannot be recorded; nothing of it is done then.
    pub fn record(&self, work: impl FnOnce() -> Result<()>) -> Result<Graph> {
        let _current = self.device().enter()?;
        let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        // SAFETY: a live stream, with its context current.
        check(unsafe { sys::cuStreamBeginCapture_v2(self.raw(), mode) }, || "cuStreamBeginCapture".into())?;
        let worked = work();
        let mut graph: CUgraph = std::ptr::null_mut();
        // SAFETY: the stream records since the call above; the driver writes one handle, NULL where it failed.
        let ended = check(unsafe { sys::cuStreamEndCapture(self.raw(), &mut graph) }, || "cuStreamEndCapture".into());
        let made = worked.and(ended).and_then(|()| {
            let mut raw = std::ptr::null_mut();
            // SAFETY: a graph of this context; the driver writes one handle; destroyed in `Drop`.
            check(unsafe { sys::cuGraphInstantiateWithFlags(&mut raw, graph, 0) }, || {
                "cuGraphInstantiateWithFlags".into()
            })?;
            Ok(Graph { device: self.device().clone(), raw })
        });
        if !graph.is_null() {
            // SAFETY: made above; what was instantiated has a copy.
            let _ = unsafe { sys::cuGraphDestroy(graph) };
        }
        made
    }

    /// Puts what was recorded on the stream.
    pub fn replay(&self, graph: &mut Graph) -> Result<()> {
        self.require_communicators()?;
        let _current = self.device().enter()?;
        // SAFETY: graph and stream of one context; who recorded it keeps its memory alive.
        check(unsafe { sys::cuGraphLaunch(graph.raw, self.raw()) }, || "cuGraphLaunch".into())
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        if let Ok(_current) = self.device.enter() {
            // SAFETY: made in `record`, destroyed once; the driver waits for launches that are under way.
            let _ = unsafe { sys::cuGraphExecDestroy(self.raw) };
        }
    }
}
