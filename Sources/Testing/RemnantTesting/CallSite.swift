internal import Testing

/// Where a helper was called: a failure is shown there.
struct CallSite: Sendable, Hashable {
  let fileID: String
  let file: String
  let line: UInt
  let column: UInt
  /// As XCTest wants it; nil for a place that is known only at run time.
  let staticFile: StaticString?

  static func == (left: Self, right: Self) -> Bool {
    left.file == right.file && left.line == right.line && left.column == right.column
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(file)
    hasher.combine(line)
    hasher.combine(column)
  }

  init(fileID: String, file: StaticString, line: UInt, column: UInt) {
    self.fileID = fileID
    self.file = "\(file)"
    self.line = line
    self.column = column
    staticFile = file
  }

  init(_ location: SourceLocation) {
    fileID = location.fileID
    file = location.filePath
    line = UInt(location.line)
    column = UInt(location.column)
    staticFile = nil
  }
}

/// Where an object was tracked, and what becomes of it where it is leaked.
struct TrackedPlace: Sendable {
  let site: CallSite
  let mode: LeakCheckMode
}
