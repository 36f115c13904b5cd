internal import ArgumentParser
internal import Foundation
internal import LeakReports
internal import ProgramRunner

/// Reports that were saved.
enum SavedReports {
  /// Several are merged into one.
  static func read(_ paths: [String]) throws -> LeakReport { merged(try readEach(paths)) }

  /// At least one.
  static func readEach(_ paths: [String]) throws -> [LeakReport] {
    guard !paths.isEmpty else {
      throw ReportError(
        code: .wrongUsage,
        message: "no report is named",
        remedy: "name a JSON report"
      )
    }
    return try paths.map { path in
      try LeakReport(
        json: Data(try InputFile.bytes(of: path, limit: InputFile.Limit.report)),
        file: path
      )
    }
  }

  static func merged(_ reports: [LeakReport]) -> LeakReport {
    var merged = reports[0]
    for report in reports.dropFirst() { merged.merge(report) }
    return merged
  }

  /// Tells what is wrong, and ends with the status that says so.
  static func failing(_ body: () throws -> Void) throws {
    do { try body() } catch let error as ReportError {
      Terminal.standardError.tell(error)
      throw ExitCode(error.code == .cannotWrite ? 69 : 64)
    }
  }
}
