package import FoundationEssentials

extension LeakReport {
  /// The report as JSON, with a newline at the end.
  ///
  /// Keys are in alphabetical order, and equal reports make equal bytes.
  package func json() throws -> String { String(decoding: try jsonBytes(), as: UTF8.self) }

  /// The same, in UTF-8.
  package func jsonBytes() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var frame = self
    frame.findings = []
    let text = try encoder.encode(frame)
    if findings.isEmpty { return Array(text) + [UInt8(ascii: "\n")] }
    return try LongArray.insert(
      try LongArray.encode(findings, formatting: encoder.outputFormatting, indent: 2) { $0 },
      asMember: "findings",
      before: "\n  ",
      in: text
    )
  }

  /// Reads a report that this or an older Remnant wrote.
  ///
  /// Fields that this version doesn't know are passed over: the schema only grows within a version.
  /// The file's name is for messages.
  package init(json: String, file: String = "this") throws {
    try self.init(json: Data(json.utf8), file: file)
  }

  package init(json: Data, file: String) throws {
    func refusal(
      _ what: String,
      remedy: String = "name the report that `remnant run --output leaks.json` wrote"
    ) -> ReportError {
      ReportError(
        code: .unreadableReport,
        message: "'\(file)' isn't a Remnant report: \(what)",
        remedy: remedy
      )
    }
    if let refusal = FileKind(of: json).refusalAsReport(file) { throw refusal }
    if let defect = JSONText(json).defect() {
      throw refusal(defect, remedy: "write it again with --output, or copy the whole file")
    }
    do {
      self = try JSONDecoder().decode(LeakReport.self, from: json)
    } catch let error as DecodingError {
      throw refusal(error.inOneLine)
    } catch let error as UnknownSchemaVersion {
      guard error.version > 0 else { throw refusal("there is no schema version \(error.version)") }
      throw ReportError(
        code: .unreadableReport,
        message: "'\(file)' is from a newer Remnant: it has schema version \(error.version), "
          + "and this one reads up to \(Self.currentSchemaVersion)",
        remedy: "read it with the Remnant that wrote it, or update this one"
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
      // Foundation's words for a text that isn't JSON at all.
      guard !context.codingPath.isEmpty else { return "it isn't valid JSON" }
      return "\(context.debugDescription) \(place(context))"
    @unknown default:
      return "\(self)"
    }
  }
}
