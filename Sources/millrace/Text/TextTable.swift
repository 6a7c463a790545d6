/// Rows of text in columns as wide as their widest cell.
struct TextTable {
    struct Column {
        let title: String
        let isRight: Bool

        static func left(_ title: String) -> Column { Column(title: title, isRight: false) }
        static func right(_ title: String) -> Column { Column(title: title, isRight: true) }
    }

    let columns: [Column]
    private(set) var rows: [[String]] = []

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// - Parameter cells: One per column.
    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The title line and the rows, without spaces at the ends of lines.
    var lines: [String] {
        let titles = columns.map(\.title)
        let widths = columns.indices.map { index in
            ([titles] + rows).map { $0[index].count }.max() ?? 0
        }
        return ([titles] + rows).map { cells in
            let line = zip(zip(cells, columns), widths).map { pair, width in
                pair.1.isRight ? pair.0.leftPadded(to: width) : pair.0.padded(to: width)
            }
            return String(line.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
        }
    }
}
