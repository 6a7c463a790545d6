/// What the request line and the header fields say.
struct RequestHead {
    let method: String
    /// From the first `/`, or `*`.
    let target: String
    let headers: HeaderFields
    /// Whether the connection stays open after the answer, as far as the client is concerned.
    let keepsAlive: Bool
    /// HTTP/1.0 clients must be told that the connection stays open.
    let isOldVersion: Bool
    let expectsContinue: Bool
    let bodyLength: BodyLength

    enum BodyLength: Equatable {
        case known(Int)
        case chunked
    }
}

extension RequestHead: Equatable {
    static func == (left: RequestHead, right: RequestHead) -> Bool {
        left.method == right.method && left.target == right.target && left.keepsAlive == right.keepsAlive
            && left.isOldVersion == right.isOldVersion && left.expectsContinue == right.expectsContinue
            && left.bodyLength == right.bodyLength
            && left.headers.pairs.elementsEqual(right.headers.pairs, by: ==)
    }
}
