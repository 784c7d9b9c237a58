//! What a reader takes at the most. A parser without bounds is a way to stop the gateway.

/// Bounds of one request or answer body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Size of the body, in bytes.
    pub body: usize,
    /// How deep lists and maps may lie in one another.
    pub depth: usize,
    /// Number of values (texts, numbers, lists, maps …) in all.
    pub values: usize,
    /// Number of requests in a batch of the façade; 0 for none.
    pub batch: usize,
}

impl Default for Limits {
    /// 8 MiB, 48 deep, 500,000 values, 20 requests in a batch.
    fn default() -> Self {
        Self {
            body: 8 << 20,
            depth: 48,
            values: 500_000,
            batch: 20,
        }
    }
}
