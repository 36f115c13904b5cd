/// Whose code, or whose type, something is: the one answer to that question.
package enum CodeOrigin: Int, Comparable, Sendable {
  /// The program's own.
  case program
  /// A package's that the program depends on.
  case dependency
  /// This project's, whose test helpers are part of the user's tests.
  case remnant
  /// The toolchain's or the system's.
  case toolchain

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// - Parameters:
  ///   - module: the module's name.
  ///   - dependencies: the modules that the package manager fetched.
  package init(module: Substring, dependencies: Set<String> = []) {
    if Self.toolchainModules.contains(module) {
      self = .toolchain
    } else if Self.ownModules.contains(module) {
      self = .remnant
    } else {
      self = dependencies.contains(String(module)) ? .dependency : .program
    }
  }

  /// The origin of the function with the linker's name `symbol`; nil where its name doesn't say, as in C.
  package init?(symbol: String, dependencies: Set<String> = []) {
    if let module = module(ofSymbol: symbol) {
      self.init(module: module, dependencies: dependencies)
    } else if symbol.hasPrefix("remnant_") {
      self = .remnant
    } else if Self.runtimePrefixes.contains(where: symbol.hasPrefix) {
      // Where the standard library is linked statically, its C and C++ functions are part of the program.
      self = .toolchain
    } else {
      return nil
    }
  }

  /// The origin of what has no symbol, by its executable or library: of a program's own libraries nothing more is known.
  package init(imagePath path: String) {
    let name = path.split(separator: "/").last ?? ""
    let isLibrary =
      Self.libraryFolders.contains(where: path.hasPrefix) || path.contains("/usr/lib/swift/")
      // A program may bring the toolchain's libraries along with it.
      || Self.libraryPrefixes.contains(where: name.hasPrefix)
    self = isLibrary ? .toolchain : .program
  }

  private static let toolchainModules: Set<Substring> = [
    "Swift", "_Concurrency", "_StringProcessing", "RegexBuilder", "Synchronization", "Observation",
    "Distributed", "Cxx", "CxxStdlib", "Runtime", "Dispatch", "Foundation", "FoundationEssentials",
    "FoundationInternationalization", "FoundationNetworking", "FoundationXML",
    "_FoundationCollections", "XCTest", "Testing",
  ]

  private static let ownModules: Set<Substring> = ["Remnant", "RemnantTesting"]

  private static let runtimePrefixes = [
    "swift_", "_swift_", "_ZN5swift", "dispatch_", "_dispatch_", "_Block_",
  ]

  private static let libraryFolders = ["/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/"]

  private static let libraryPrefixes = [
    "libswift", "libFoundation", "lib_Foundation", "libdispatch", "libBlocksRuntime", "libXCTest",
    "libTesting", "lib_Testing",
  ]
}

extension HeapType {
  /// Whose type it is; what has no module is the toolchain's.
  package func origin(dependencies: Set<String> = []) -> CodeOrigin {
    guard let dot = name.firstIndex(of: ".") else { return .toolchain }
    return CodeOrigin(module: name[..<dot], dependencies: dependencies)
  }

  /// Whether a library that comes with the toolchain declares the type: what holds something there is seldom what its
  /// user can change.
  package var isOfToolchain: Bool { name.contains(".") && origin() == .toolchain }
}
