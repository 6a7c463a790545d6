/// Numbers and lengths of time as people read them.
enum Text {
    /// `12,345`.
    static func number(_ number: some BinaryInteger) -> String {
        let digits = String(number.magnitude)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { grouped.append(",") }
            grouped.append(digit)
        }
        return (number < 0 ? "-" : "") + grouped
    }

    /// Rounded to so many places: `3.14`.
    static func decimal(_ number: Double, places: Int) -> String {
        guard number.isFinite, abs(number) < 1e15 else { return "\(number)" }
        let factor = (0..<places).reduce(1.0) { factor, _ in factor * 10 }
        let scaled = Int((abs(number) * factor).rounded())
        let sign = number < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % Int(factor)).leftPadded(to: places, with: "0")
        return "\(sign)\(scaled / Int(factor)).\(fraction)"
    }

    /// `0.4 s`, `12.0 s`, `3 min 20 s`, `2 h 5 min`.
    static func seconds(_ seconds: Double) -> String {
        guard seconds >= 60 else { return decimal(seconds, places: 1) + " s" }
        let whole = Int(seconds)
        if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
    }

    /// `850 ms`, `3.2 s`, then as `seconds`; a dash for `nil`.
    static func milliseconds(_ milliseconds: Int64?) -> String {
        guard let milliseconds else { return "–" }
        return abs(milliseconds) < 1_000 ? "\(milliseconds) ms" : seconds(Double(milliseconds) / 1_000)
    }

    /// `512 B`, `3.4 KB`, `12.0 MB`.
    static func bytes(_ count: Int) -> String {
        if count < 1_024 { return "\(count) B" }
        if count < 1_048_576 { return decimal(Double(count) / 1_024, places: 1) + " KB" }
        return decimal(Double(count) / 1_048_576, places: 1) + " MB"
    }

    /// One character per sample, from the lowest block for 0 to a full one for the largest; the last ones that fit.
    static func sparkline(_ samples: [Int64], width: Int) -> String {
        let shown = samples.suffix(width)
        let blocks = Array("▁▂▃▄▅▆▇█")
        let top = shown.max() ?? 0
        return String(
            shown.map { sample in
                top <= 0
                    ? blocks[0]
                    : blocks[min(blocks.count - 1, Int(max(0, sample) * Int64(blocks.count) / (top + 1)))]
            })
    }
}

extension String {
    /// Spaces at the end up to the given number of characters.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    /// Something, spaces by default, at the start up to the given number of characters.
    func leftPadded(to width: Int, with filler: Character = " ") -> String {
        String(repeating: filler, count: max(0, width - count)) + self
    }

    /// Cut to so many characters, with an ellipsis as the last of them.
    func cut(to width: Int) -> String { count <= width ? self : prefix(max(0, width - 1)) + "…" }

    func indentedAfterFirstLine(by width: Int) -> String {
        split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: "\n" + String(repeating: " ", count: width))
    }
}
