package import ByteCoding
import CCBOR

/// Turns an answer in JSON into CBOR, with the help of the service's names.
///
/// Maps and arrays have no count in front, as Jackson writes them: the answer is read once.
package struct JSONToCBOR {
    private var json: JSONReader
    private var cbor: [UInt8]
    private let members: CBORMembers
    private let dialect: CBORDialect
    /// A string whose length must stand before it.
    private var scratch: [UInt8] = []

    private init(_ bytes: [UInt8], _ members: CBORMembers, _ dialect: CBORDialect) {
        json = JSONReader(bytes)
        cbor = []
        cbor.reserveCapacity(bytes.count + 16)
        self.members = members
        self.dialect = dialect
    }

    /// - Throws: for what is no JSON, and for blobs and moments that are none.
    package static func convert(
        _ bytes: [UInt8], _ members: CBORMembers, _ dialect: CBORDialect
    ) throws(JSONError) -> [UInt8] {
        var conversion = JSONToCBOR(bytes, members, dialect)
        try conversion.value(.plain)
        try conversion.json.end()
        return conversion.cbor
    }

    /// A map of texts.
    static func map(_ members: [(String, String)]) -> [UInt8] {
        var conversion = JSONToCBOR([], CBORMembers(blobs: [], timestamps: []), .rpcV2)
        conversion.put { cbor_encode_map_start(members.count, $0, $1) }
        for (name, value) in members {
            conversion.text(name)
            conversion.text(value)
        }
        return conversion.cbor
    }

    /// A map without members.
    package static let emptyMap: [UInt8] = [0xA0]
}

// MARK: - Values

extension JSONToCBOR {
    private mutating func value(_ role: CBORMembers.Role) throws(JSONError) {
        switch try json.peek() {
        case .object:
            try json.beginObject()
            put { cbor_encode_indef_map_start($0, $1) }
            while let name = try json.nextKey() {
                text(name)
                try value(members.role(of: name, in: role == .free ? .free : .plain))
            }
            put { cbor_encode_break($0, $1) }
        case .array:
            try json.beginArray()
            put { cbor_encode_indef_array_start($0, $1) }
            while try json.nextElement() { try value(role) }
            put { cbor_encode_break($0, $1) }
        case .string: try string(role)
        case .number:
            if role == .timestamp { try moment() } else { try number() }
        case .bool:
            let flag = try json.bool()
            put { cbor_encode_bool(flag, $0, $1) }
        case .null:
            try json.null()
            put { cbor_encode_null($0, $1) }
        }
    }

    private mutating func string(_ role: CBORMembers.Role) throws(JSONError) {
        scratch.removeAll(keepingCapacity: true)
        if role == .blob {
            let count = try json.base64(appendingTo: &scratch).count
            put { cbor_encode_bytestring_start(count, $0, $1) }
        } else {
            let count = try json.stringBytes(appendingTo: &scratch).count
            put { cbor_encode_string_start(count, $0, $1) }
        }
        cbor += scratch
    }

    private mutating func text(_ text: String) {
        let count = text.utf8.count
        put { cbor_encode_string_start(count, $0, $1) }
        cbor += text.utf8
    }

    /// Writes what takes nine bytes at most.
    private mutating func put(_ encode: (UnsafeMutablePointer<UInt8>?, Int) -> Int) {
        let start = cbor.count
        cbor.append(contentsOf: repeatElement(0, count: 9))
        let count = cbor.withUnsafeMutableBufferPointer { buffer in
            encode(buffer.baseAddress?.advanced(by: start), 9)
        }
        precondition(count > 0, "nine bytes hold any number")
        cbor.removeLast(9 - count)
    }
}

// MARK: - Numbers and moments

extension JSONToCBOR {
    private mutating func number() throws(JSONError) {
        let start = json.position
        let text = try json.number()
        if let number = Int64(text) {
            integer(number)
        } else if let number = UInt64(text) {
            put { cbor_encode_uint(number, $0, $1) }
        } else if let number = Double(text), number.isFinite {
            put { cbor_encode_double(number, $0, $1) }
        } else {
            throw JSONError(offset: start, reason: "the number is too big for a double")
        }
    }

    private mutating func integer(_ number: Int64) {
        if number >= 0 {
            put { cbor_encode_uint(UInt64(number), $0, $1) }
        } else {
            put { cbor_encode_negint(UInt64(-1 - number), $0, $1) }
        }
    }

    private mutating func moment() throws(JSONError) {
        put { cbor_encode_tag(1, $0, $1) }
        guard dialect == .amazon else { return try number() }
        let start = json.position
        guard let milliseconds = Int64(exactly: (try json.double() * 1000).rounded()) else {
            throw JSONError(offset: start, reason: "the moment is too far away")
        }
        integer(milliseconds)
    }
}
