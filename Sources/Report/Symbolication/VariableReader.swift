internal import CDwarf
internal import Foundation

/// Reads the variables of suspended functions from an executable's debug information, with elfutils' libdw.
///
/// Debug information may be damaged or hostile, and libdw trusts it: it is read in a process of its own, this very
/// program, which is started again with `argument` and may crash, hang, or take too much without harm.
package struct VariableReader: Sendable {
  /// What a program does, before anything else, whose first argument is `argument`.
  ///
  /// - Returns: its exit status; nil where it wasn't started to read variables.
  package static func answer(_ arguments: [String]) -> Int32? {
    guard arguments.first == argument else { return nil }
    remnant_dwarf_limit_process(mostSeconds, mostMemory)
    guard arguments.count > 1 else { return REMNANT_DWARF_NO_FILE.status }
    let addresses = arguments.dropFirst(2).compactMap { UInt64($0, radix: 16) }
    return remnant_dwarf_read(arguments[1], addresses, Int32(addresses.count), STDOUT_FILENO)
  }

  private static let argument = "__read-variables"
  /// Of the processor's time: a hundred megabytes take a twentieth of one.
  private static let mostSeconds: UInt64 = 2
  private static let mostMemory: UInt64 = 4 << 30
  var timeLimit = 20.0
  /// In one process: what its arguments have room for.
  private static let mostFunctions = 4_000

  /// Whether libdw is installed.
  package static var isAvailable: Bool { remnant_dwarf_is_available() != 0 }

  /// The program that reads: one that calls `answer` at its start.
  let program: String

  package init(program: String = "/proc/self/exe") { self.program = program }

  struct Answer {
    /// By the address in the file at which the function begins.
    var variables: [UInt64: [FrameVariable]] = [:]
    var failure: Failure?
  }

  enum Failure {
    case noLibrary
    /// What was read until then is kept.
    case damaged
  }

  func variables(ofFunctionsAt addresses: [UInt64], in path: String) -> Answer {
    var answer = Answer()
    let addresses = addresses.sorted()
    for start in stride(from: 0, to: addresses.count, by: Self.mostFunctions) {
      let part = addresses[start..<min(start + Self.mostFunctions, addresses.count)]
      let result = HelperProcess(
        program: program,
        arguments: [Self.argument, path] + part.map { String($0, radix: 16) },
        environment: Self.environment,
        timeLimit: timeLimit
      ).run()
      answer.variables.merge(Self.parse(result?.output ?? "")) { known, _ in known }
      switch result?.status {
      case REMNANT_DWARF_OK.status: break
      case REMNANT_DWARF_NO_LIBRARY.status: answer.failure = .noLibrary
      default: answer.failure = .damaged
      }
      if answer.failure != nil { break }
    }
    return answer
  }

  /// A crash of the reader is no news: nothing prints a backtrace of it.
  private static var environment: [String: String] {
    var environment = ProcessInfo.processInfo.environment
    environment["SWIFT_BACKTRACE"] = "enable=no"
    return environment
  }

  // MARK: The answer's text

  /// The lines that CDwarf.h describes; the last one may be cut off, and any may be nonsense.
  static func parse(_ text: String) -> [UInt64: [FrameVariable]] {
    var result: [UInt64: [FrameVariable]] = [:]
    var function: (address: UInt64, isResumedByCallee: Bool)?
    // What follows the last line's end is a part of a line.
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      guard words.count == 3 else { continue }
      if words[0] == "function" {
        function = nil
        guard let address = UInt64(words[1], radix: 16),
          let resumption = SwiftDemangler.resumption(of: String(words[2]))
        else { continue }
        function = (address, resumption == .byCallee)
        result[address] = result[address] ?? []
      } else if words[0] == "variable", let function,
        let variable = variable(words[2]),
        (words[1] == "1") == function.isResumedByCallee,
        // What was inlined repeats the variables that it was given.
        result[function.address]?.contains(where: { $0.offset == variable.offset }) == false
      {
        result[function.address]?.append(variable)
      }
    }
    return result
  }

  /// `40 8 1 $s3App9PurchasesCD<tab>self`.
  private static func variable(_ text: Substring) -> FrameVariable? {
    let parts = text.split(separator: "\t", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    let words = parts[0].split(separator: " ", maxSplits: 3)
    // What the compiler made has a `$`: the metadata of generic arguments.
    guard words.count == 4, let offset = UInt64(words[0]), let size = UInt64(words[1]),
      offset <= mostBytes, size <= mostBytes, !parts[1].hasPrefix("$")
    else { return nil }
    return FrameVariable(
      name: String(parts[1]),
      mangledType: words[3] == "-" ? nil : String(words[3]),
      offset: offset,
      // Of generic types the size isn't known; an object takes a word.
      size: max(size, 8),
      isParameter: words[2] == "1"
    )
  }

  private static let mostBytes: UInt64 = 1 << 24
}

/// Swift imports C's constants without a type of their own as `Int`.
extension Int {
  fileprivate var status: Int32 { Int32(self) }
}
