import FoundationEssentials

extension LeakReport {
  /// The report as JSON, with a newline at the end.
  ///
  /// Keys are in alphabetical order, and equal reports make equal bytes.
  package func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }

  /// Reads a report that this or an older Remnant wrote.
  ///
  /// Fields that this version doesn't know are passed over: the schema only grows within a version.
  /// The file's name is for messages.
  package init(json: String, file: String = "this") throws {
    try self.init(json: Array(json.utf8), file: file)
  }

  package init(json: [UInt8], file: String) throws {
    do {
      self = try JSONDecoder().decode(LeakReport.self, from: Data(json))
    } catch let error as DecodingError {
      throw ReportError(
        code: .unreadableReport,
        message: "\(file) is no Remnant report: \(error.inOneLine)",
        remedy: "give it a file that `remnant … --format json` wrote"
      )
    }
  }
}

extension DecodingError {
  /// What was wrong, and where.
  var inOneLine: String {
    func place(_ context: Context) -> String {
      let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }
      return path.isEmpty ? "at the top" : "in " + path.joined().drop { $0 == "." }
    }
    switch self {
    case .keyNotFound(let key, let context):
      return "`\(key.stringValue)` is missing \(place(context))"
    case .typeMismatch(let type, let context):
      return "a value \(place(context)) isn't of the type \(type)"
    case .valueNotFound(let type, let context):
      return "a value \(place(context)) is null instead of \(type)"
    case .dataCorrupted(let context):
      return "\(context.debugDescription) \(place(context))"
    @unknown default:
      return "\(self)"
    }
  }
}
