import EventModel
import Template

/// A template as the tests read it: from the file `shop.yaml` in the working directory.
enum TemplateFixture {
    static func plan(
        _ text: String, parameters: [String: String] = [:], path: String = "shop.yaml"
    ) throws -> TemplatePlan {
        let context = TemplateContext(
            parameters: parameters, endpoint: "http://127.0.0.1:4566",
            now: Timestamp(millisecondsSinceEpoch: 1_700_000_000_000))
        return try TemplateReader.plan(
            [TemplateReader.Source(path: path, text: Array(text.utf8))], context: context)
    }

    /// The problems as `line:column: message`.
    static func problems(_ text: String, parameters: [String: String] = [:]) -> [String] {
        do {
            _ = try plan(text, parameters: parameters)
            return []
        } catch let error as TemplateError {
            return error.problems.map { "\($0.line):\($0.column): \($0.message)" }
        } catch {
            return ["\(error)"]
        }
    }

    /// A function that works, for templates about something else.
    static let function = """
        Worker:
            Type: AWS::Serverless::Function
            Properties: {Runtime: python3.12, Handler: app.handler, CodeUri: .}
        """
}
