/// The rules for names of buckets (S3 user guide, "Bucket naming rules").
package enum BucketName {
    package static func isValid(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (3...63).contains(bytes.count), let first = bytes.first, let last = bytes.last,
            isLetterOrDigit(first), isLetterOrDigit(last),
            bytes.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }),
            !name.contains("..")
        else { return false }
        let parts = name.split(separator: ".")
        let isAddress = parts.count == 4 && parts.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
        let badStarts = ["xn--", "sthree-", "amzn-s3-demo-"]
        let badEnds = ["-s3alias", "--ol-s3", "--x-s3", ".mrap", "--table-s3"]
        return !isAddress && !badStarts.contains { name.hasPrefix($0) }
            && !badEnds.contains { name.hasSuffix($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (48...57).contains(byte)
    }
}
