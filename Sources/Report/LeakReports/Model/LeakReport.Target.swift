extension LeakReport {
  /// Which program wrote the report.
  package struct Tool: Sendable, Hashable, Codable {
    /// Of this source.
    package static let currentVersion = "0.1.0"

    package var name: String
    package var version: String

    package init(name: String = "remnant", version: String) {
      self.name = name
      self.version = version
    }
  }

  /// The program that was looked at.
  package struct Target: Sendable, Hashable, Codable {
    package var executable: String
    /// Hexadecimal; nil where the executable has none.
    @NullEncoded package var buildID: String?
    /// How many command-line arguments it got: they may hold secrets, so they are only counted.
    package var arguments: Int
    /// The arguments themselves, only where the user asked for them.
    @NullEncoded package var argumentList: [String]?
    package var pid: Int
    /// nil while it runs, and where a signal ended it.
    @NullEncoded package var exitStatus: Int?
    /// The number of the signal that ended it.
    @NullEncoded package var signal: Int?
    package var architecture: String
    /// The version of the Swift runtime that it runs on; "unknown" without debug information, which says it.
    package var toolchain: String
    /// Whether Swift code was loaded; nil where nobody could look.
    @NullEncoded package var hasSwift: Bool?
    /// Whose `malloc` it has: "glibc", "jemalloc", …; nil where nobody could look.
    @NullEncoded package var allocator: String?

    package init(
      executable: String,
      buildID: String? = nil,
      arguments: Int,
      argumentList: [String]? = nil,
      pid: Int,
      exitStatus: Int? = nil,
      signal: Int? = nil,
      architecture: String = "x86_64",
      toolchain: String,
      hasSwift: Bool? = nil,
      allocator: String? = nil
    ) {
      self.executable = executable
      self.buildID = buildID
      self.arguments = arguments
      self.argumentList = argumentList
      self.pid = pid
      self.exitStatus = exitStatus
      self.signal = signal
      self.architecture = architecture
      self.toolchain = toolchain
      self.hasSwift = hasSwift
      self.allocator = allocator
    }
  }
}
