package import ByteCoding

/// Why a request could not be read: its JSON is wrong, or what it says is.
///
/// Lets parsers that read JSON piece by piece throw one type.
package enum WireProblem: Error {
    case json(JSONError)
    case refused(AWSError)

    package var wireError: AWSError {
        switch self {
        case .json(let error): .serialization(error.description)
        case .refused(let error): error
        }
    }
}

// MARK: - Reading piece by piece

extension JSONReader {
    /// Reads a request: one object and nothing behind it. `null` members are passed over, as AWS counts them as absent.
    package mutating func object(
        _ member: (String, inout JSONReader) throws(WireProblem) -> Void
    ) throws(WireProblem) {
        try members(member)
        do throws(JSONError) { try end() } catch { throw .json(error) }
    }

    /// Reads an object; `member` reads or skips the value.
    package mutating func members(
        _ member: (String, inout JSONReader) throws(WireProblem) -> Void
    ) throws(WireProblem) {
        do throws(JSONError) { try beginObject() } catch { throw .json(error) }
        while let name = try nextName() {
            if try isNull() { continue }
            try member(name, &self)
        }
    }

    /// Reads an array; `element` reads or skips the value.
    package mutating func array(
        _ element: (inout JSONReader) throws(WireProblem) -> Void
    ) throws(WireProblem) {
        do throws(JSONError) { try beginArray() } catch { throw .json(error) }
        while try hasElement() { try element(&self) }
    }

    package mutating func text() throws(WireProblem) -> String {
        do throws(JSONError) { return try string() } catch { throw .json(error) }
    }

    package mutating func textBytes(into arena: inout [UInt8]) throws(WireProblem) -> Range<Int> {
        do throws(JSONError) { return try stringBytes(appendingTo: &arena) } catch { throw .json(error) }
    }

    package mutating func base64Bytes(into arena: inout [UInt8]) throws(WireProblem) -> Range<Int> {
        do throws(JSONError) { return try base64(appendingTo: &arena) } catch { throw .json(error) }
    }

    package mutating func wholeNumber() throws(WireProblem) -> Int {
        do throws(JSONError) { return try int() } catch { throw .json(error) }
    }

    package mutating func decimal() throws(WireProblem) -> Double {
        do throws(JSONError) { return try double() } catch { throw .json(error) }
    }

    package mutating func skip() throws(WireProblem) {
        do throws(JSONError) { _ = try skipValue() } catch { throw .json(error) }
    }

    private mutating func nextName() throws(WireProblem) -> String? {
        do throws(JSONError) { return try nextKey() } catch { throw .json(error) }
    }

    private mutating func hasElement() throws(WireProblem) -> Bool {
        do throws(JSONError) { return try nextElement() } catch { throw .json(error) }
    }

    /// Consumes a `null` if that is what comes next.
    private mutating func isNull() throws(WireProblem) -> Bool {
        do throws(JSONError) {
            guard try peek() == .null else { return false }
            try null()
            return true
        } catch {
            throw .json(error)
        }
    }
}
