//! What was reported over HTTP, counted as Zipkin's collector counts.

use serde_json::{Value, json};

/// Counts since the start, and the sizes of the last report.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Metrics {
    messages: u64,
    messages_dropped: u64,
    bytes: u64,
    last_bytes: u64,
    last_spans: u64,
}

impl Metrics {
    /// A report of this size (after decompression) came in.
    pub(super) const fn message(&mut self, bytes: u64) {
        self.messages += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        self.last_bytes = bytes;
    }

    /// The report held this many spans.
    pub(super) const fn spans(&mut self, spans: u64) {
        self.last_spans = spans;
    }

    /// The report was refused.
    pub(super) const fn drop_message(&mut self) {
        self.messages_dropped += 1;
    }

    /// The counts under Zipkin's names, where the store has accepted `spans`.
    pub(super) fn report(&self, spans: u64) -> Value {
        #[expect(
            clippy::cast_precision_loss,
            reason = "Zipkin writes its counts as floating-point numbers"
        )]
        let number = |count: u64| count as f64;
        json!({
            "counter.zipkin_collector.messages.http": number(self.messages),
            "counter.zipkin_collector.messages_dropped.http": number(self.messages_dropped),
            "counter.zipkin_collector.bytes.http": number(self.bytes),
            "counter.zipkin_collector.spans.http": number(spans),
            "counter.zipkin_collector.spans_dropped.http": 0.0,
            "gauge.zipkin_collector.message_bytes.http": number(self.last_bytes),
            "gauge.zipkin_collector.message_spans.http": number(self.last_spans),
        })
    }
}
