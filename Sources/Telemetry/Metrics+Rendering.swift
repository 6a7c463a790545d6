/// The text of labels, which is also how a series is found.
enum LabelText {
    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    /// `a="1",b="2"`, in the given order, values escaped.
    static func render(_ labels: KeyValuePairs<String, String>) -> String {
        var text = ""
        for (name, value) in labels {
            precondition(isName(name), "a label name is letters, digits and underscores")
            if !text.isEmpty { text += "," }
            text += "\(name)=\"\(escaped(value))\""
        }
        return text
    }

    static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5c || $0 == 0x22 || $0 == 0x0a }) else { return value }
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}

/// Prometheus' text exposition format, version 0.0.4.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/
enum PrometheusText {
    static func render(_ families: [String: Family]) -> [UInt8] {
        var out: [UInt8] = []
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            let help = family.help.split(separator: "\n").joined(separator: " ")
            append("# HELP \(name) \(help)\n# TYPE \(name) \(family.kind.rawValue)\n", to: &out)
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                switch series {
                case .counter(let counter): line(name, labels, String(counter.value), to: &out)
                case .gauge(let gauge): line(name, labels, number(gauge.value), to: &out)
                case .histogram(let histogram): render(histogram, name, labels, to: &out)
                }
            }
        }
        return out
    }

    private static func render(
        _ histogram: Histogram, _ name: String, _ labels: String, to out: inout [UInt8]
    ) {
        let snapshot = histogram.snapshot
        let prefix = labels.isEmpty ? "" : labels + ","
        var total = 0
        for (bound, count) in zip(histogram.bounds, snapshot.counts) {
            total += count
            line(name + "_bucket", "\(prefix)le=\"\(number(bound))\"", String(total), to: &out)
        }
        total += snapshot.counts.last ?? 0
        line(name + "_bucket", "\(prefix)le=\"+Inf\"", String(total), to: &out)
        line(name + "_sum", labels, number(snapshot.sum), to: &out)
        line(name + "_count", labels, String(total), to: &out)
    }

    private static func line(_ name: String, _ labels: String, _ value: String, to out: inout [UInt8]) {
        append(name, to: &out)
        if !labels.isEmpty { append("{\(labels)}", to: &out) }
        append(" \(value)\n", to: &out)
    }

    private static func append(_ text: String, to out: inout [UInt8]) { out.append(contentsOf: text.utf8) }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Whole numbers without ".0", as other exporters write them.
        if let whole = Int64(exactly: value) { return String(whole) }
        return "\(value)"
    }
}
