import AWSWire
import CExpat

/// An XML document of the control plane, as a tree; prefixes and attributes are left out.
final class XMLTree {
    let name: String
    private(set) var text = ""
    private(set) var children: [XMLTree] = []

    /// Deeper or longer documents are none of S3's.
    private static let depthMax = 16
    private static let elementsMax = 100_000

    private init(_ name: String) { self.name = name }

    func child(_ name: String) -> XMLTree? { children.first { $0.name == name } }
    func all(_ name: String) -> [XMLTree] { children.filter { $0.name == name } }
    func text(_ name: String) -> String? { child(name)?.text }

    /// The root of a document.
    ///
    /// - Throws: `MalformedXML` when it is no document, has another root, or declares a type of its own.
    static func parse(_ bytes: [UInt8], root: String) throws(AWSError) -> XMLTree {
        guard let parser = XML_ParserCreate("UTF-8") else { throw .malformedXML }
        defer { XML_ParserFree(parser) }
        let building = Building(parser)
        XML_SetUserData(parser, Unmanaged.passUnretained(building).toOpaque())
        listen(parser)
        let status = bytes.withUnsafeBytes {
            XML_Parse(parser, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count), 1)
        }
        guard status == XML_STATUS_OK, !building.isRefused, let tree = building.root, tree.name == root else {
            throw .malformedXML
        }
        return tree
    }

    private static func listen(_ parser: XML_Parser) {
        XML_SetElementHandler(
            parser,
            { context, name, _ in Building.of(context)?.start(name) },
            { context, _ in Building.of(context)?.end() })
        XML_SetCharacterDataHandler(parser) { context, bytes, count in
            Building.of(context)?.add(bytes, count)
        }
        // Declarations are where entities that grow without end come from.
        XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in Building.of(context)?.refuse() }
    }

    /// What the parser's calls build; lives for one parse, on its thread.
    private final class Building {
        private let parser: XML_Parser
        private var open: [XMLTree] = []
        private var count = 0
        private(set) var root: XMLTree?
        private(set) var isRefused = false

        init(_ parser: XML_Parser) { self.parser = parser }

        static func of(_ context: UnsafeMutableRawPointer?) -> Building? {
            context.map { Unmanaged<Building>.fromOpaque($0).takeUnretainedValue() }
        }

        func start(_ name: UnsafePointer<CChar>?) {
            guard let name else { return }
            let full = String(cString: name)
            count += 1
            guard open.count < XMLTree.depthMax, count <= XMLTree.elementsMax else { return refuse() }
            let element = XMLTree(String(full.split(separator: ":").last ?? ""))
            open.last?.children.append(element)
            if root == nil { root = element }
            open.append(element)
        }

        func end() { open.removeLast() }

        func add(_ bytes: UnsafePointer<CChar>?, _ count: Int32) {
            guard let bytes, let element = open.last else { return }
            let raw = UnsafeRawBufferPointer(start: bytes, count: Int(count))
            element.text += String(decoding: raw, as: UTF8.self)
        }

        func refuse() {
            isRefused = true
            XML_StopParser(parser, 0)
        }
    }
}
