/// How a protocol writes a moment, always behind tag 1.
package enum CBORDialect: Sendable {
    /// `application/x-amz-cbor-1.1`: whole milliseconds since 1970, against RFC 8949 (AWS SDKs for Java, decision 0060).
    case amazon
    /// Smithy RPC v2 CBOR: seconds since 1970, with a fraction if need be.
    case rpcV2
}
