/// What a file turns out to be that was named in the place of another.
///
/// So that a message can say what it is, and what to do with it: a web page in the place of a JSON report isn't a
/// damaged report.
enum FileKind: Sendable, Hashable {
  case empty, report, baseline, difference, sarif, otherJSON, page, junit, otherMarkup
  case suppressions, otherText, program, otherBytes

  /// Judged by what it contains; names say nothing.
  init(of bytes: some Collection<UInt8>) {
    let start = bytes.drop { $0 == UInt8(ascii: " ") || (9...13).contains($0) }
    guard let first = start.first else {
      self = .empty
      return
    }
    if start.starts(with: [0x7f, UInt8(ascii: "E"), UInt8(ascii: "L"), UInt8(ascii: "F")]) {
      self = .program
      return
    }
    switch first {
    case UInt8(ascii: "{"), UInt8(ascii: "["): self = Self.json(Array(start))
    case UInt8(ascii: "<"): self = Self.markup(start)
    default: self = Self.text(bytes)
    }
  }

  private static func json(_ bytes: [UInt8]) -> FileKind {
    func has(_ key: String) -> Bool { bytes.contains("\"\(key)\"") }
    if has("baselineVersion") { return .baseline }
    if has("$schema"), has("runs") { return .sarif }
    if has("schemaVersion") { return .report }
    return has("gone") && has("grown") && has("shrunk") ? .difference : .otherJSON
  }

  private static func markup(_ bytes: some Collection<UInt8>) -> FileKind {
    let start = String(decoding: bytes.prefix(1024), as: UTF8.self).lowercased()
    if start.contains("<html") || start.contains("<!doctype html") { return .page }
    return start.contains("<testsuite") ? .junit : .otherMarkup
  }

  private static func text(_ bytes: some Collection<UInt8>) -> FileKind {
    guard !bytes.prefix(8192).contains(0), let text = String(validating: bytes, as: UTF8.self)
    else { return .otherBytes }
    let isSuppressed = text.split(whereSeparator: \.isNewline).contains {
      $0.drop { $0.isWhitespace }.hasPrefix(Suppressions.Rule.prefix)
    }
    return isSuppressed ? .suppressions : .otherText
  }

  /// As a part of a sentence: "'leaks.html' is a web page".
  var name: String {
    switch self {
    case .empty: "empty"
    case .report: "a JSON report"
    case .baseline: "a baseline"
    case .difference: "a difference of two reports"
    case .sarif: "a SARIF file"
    case .otherJSON: "a JSON file of another kind"
    case .page: "a web page"
    case .junit: "a JUnit report"
    case .otherMarkup: "an XML file"
    case .suppressions: "a file of suppressions"
    case .otherText: "a text file"
    case .program: "a program"
    case .otherBytes: "a binary file"
    }
  }

  /// Why such a file is no report; nil where the decoder has to say what is wrong.
  func refusalAsReport(_ file: String) -> ReportError? {
    let remedy: String
    switch self {
    case .report, .otherJSON: return nil
    case .baseline:
      remedy =
        "it lists known findings; compare a report with it: "
        + "remnant gate --baseline \(file) REPORT.json"
    case .suppressions:
      remedy = "name a JSON report, and apply it with --suppressions \(file)"
    case .program: remedy = "run it: remnant run -- \(file)"
    case .empty: remedy = "write it again: remnant run --output \(file) -- PROGRAM"
    default: remedy = "name the report that `remnant run --output leaks.json` wrote"
    }
    return ReportError(
      code: .unreadableReport,
      message: sentence(file, "a JSON report"),
      remedy: remedy
    )
  }

  /// The same for a baseline.
  func refusalAsBaseline(_ file: String) -> ReportError? {
    let remedy: String
    switch self {
    case .report, .baseline, .otherJSON: return nil
    case .suppressions: remedy = "apply it with --suppressions \(file)"
    default: remedy = "name a file that --update-baseline wrote, or a JSON report"
    }
    return ReportError(
      code: .unreadableInput,
      message: sentence(file, "a baseline"),
      remedy: remedy
    )
  }

  /// The same for suppressions.
  func refusalAsSuppressions(_ file: String) -> ReportError? {
    let remedy: String
    switch self {
    case .empty, .suppressions, .otherText: return nil
    case .report, .baseline: remedy = "to accept what it lists: --baseline \(file)"
    default: remedy = "name a text file with lines such as leak:PATTERN"
    }
    return ReportError(
      code: .unreadableInput,
      message: sentence(file, "a file of suppressions"),
      remedy: remedy
    )
  }

  private func sentence(_ file: String, _ wanted: String) -> String {
    self == .empty ? "'\(file)' is empty" : "'\(file)' is \(name), not \(wanted)"
  }
}
