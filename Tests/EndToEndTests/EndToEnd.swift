import Testing

/// The real binary, driven from outside.
///
/// One test at a time: each runs a daemon and several handlers, and side by side they would starve each other.
@Suite("End to end", .serialized)
struct EndToEnd {}
