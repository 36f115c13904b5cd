import ELF
import Foundation
import TestSupport
import Testing

@testable import Symbolication

#if arch(x86_64)
/// Locations that no compiler writes side by side, in debug information that is assembled here.
@Suite struct VariablePlaceTests {
  /// A location, as the bytes of its expression (DWARF 5, section 7.7.1).
  struct Place: Sendable {
    var name: String
    var bytes: [UInt8]
    /// In a function that is resumed with its own context, and in one that is resumed with its callee's.
    var own: UInt64?
    var parent: UInt64?
  }

  /// `DW_OP_entry_value` of the register of contexts, r14.
  private static let entry: [UInt8] = [0xa3, 1, 0x5e]

  static let places = [
    Place(name: "own", bytes: entry + [0x23, 0x40], own: 0x40),
    Place(name: "parent", bytes: entry + [0x06, 0x23, 0x48], parent: 0x48),
    // `DW_OP_GNU_entry_value`, in version 4.
    Place(name: "gnu", bytes: [0xf3, 1, 0x5e, 0x23, 0x50], own: 0x50),
    Place(name: "sum", bytes: entry + [0x23, 0x18, 0x23, 0x40], own: 0x58),
    Place(name: "long", bytes: entry + [0x23, 0x80, 0x02], own: 0x100),
    Place(name: "otherRegister", bytes: [0xa3, 1, 0x5f, 0x23, 0x40]),
    Place(name: "otherExpression", bytes: [0xa3, 2, 0x7e, 0, 0x23, 0x40]),
    Place(name: "registerNow", bytes: [0x7e, 0xc0, 0]),
    Place(name: "grandparent", bytes: entry + [0x06, 0x06, 0x23, 0x40]),
    Place(name: "indirect", bytes: entry + [0x23, 0x40, 0x06]),
    Place(name: "value", bytes: entry + [0x23, 0x40, 0x9f]),
    Place(name: "piece", bytes: entry + [0x23, 0x40, 0x93, 4]),
    Place(name: "frame", bytes: [0x91, 0x40]),
    Place(name: "header", bytes: entry + [0x23, 0x08]),
    Place(name: "far", bytes: entry + [0x23, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    Place(name: "wrapped", bytes: entry + [0x23] + Array(repeating: 0xff, count: 9) + [0x01]),
    Place(name: "cutOff", bytes: [0xa3, 0x7f, 0x5e]),
    Place(name: "empty", bytes: []),
    Place(name: "unknown", bytes: [0xe7, 0xe7]),
  ]

  @Test("Only a context, or its parent, and an offset are places of variables", arguments: [4, 5])
  func places(version: Int) throws {
    let folder = try ExampleProgram.makeFolder()
    let library = folder + "/library.so"
    try Self.assembly(version).write(
      toFile: folder + "/places.s",
      atomically: false,
      encoding: .utf8
    )
    try Shell.run("clang", "-shared", "-nostdlib", folder + "/places.s", "-o", library)
    let functions = VariableProgram(path: library)
    let (variables, failure) = try functions.variables(of: "3App4wait")
    #expect(failure == nil)
    func found(_ symbol: String) -> [String: UInt64] {
      Dictionary(uniqueKeysWithValues: (variables[symbol] ?? []).map { ($0.name, $0.offset) })
    }
    func expected(_ offset: (Place) -> UInt64?) -> [String: UInt64] {
      Dictionary(
        uniqueKeysWithValues: Self.places.compactMap { place in
          offset(place).map { (place.name, $0) }
        }
      )
    }
    #expect(found("$s3App4waityyYaFTY0_") == expected(\.own))
    #expect(found("$s3App4waityyYaFTQ1_") == expected(\.parent))
  }

  private static func assembly(_ version: Int) -> String {
    func bytes(_ bytes: [UInt8]) -> String {
      bytes.isEmpty ? "" : "  .byte " + bytes.map(String.init).joined(separator: ", ") + "\n"
    }
    func function(_ symbol: String) -> String {
      var text = """
          .byte 2
          .quad "\(symbol)"
          .quad 16
          .asciz "\(symbol)"

        """
      for place in places {
        text += "  .byte 3\n  .asciz \"\(place.name)\"\n  .byte \(place.bytes.count)\n"
        text += bytes(place.bytes)
      }
      // A block that the beginning isn't in.
      text += """
          .byte 4
          .quad "\(symbol)" + 8
          .quad 8
          .byte 3
          .asciz "outOfScope"
          .byte 5
          .byte 0xa3, 1, 0x5e, 0x23, 0x60
          .byte 0
          .byte 0

        """
      return text
    }
    let symbols = ["$s3App4waityyYaFTY0_", "$s3App4waityyYaFTQ1_"]
    return """
        .text
      start:
      \(symbols.map { "  .globl \"\($0)\"\n  .type \"\($0)\", @function\n\"\($0)\":\n  .fill 16, 1, 0x90\n" }.joined())
        .section .debug_abbrev,"",@progbits
        .byte 1, 0x11, 1, 0x11, 0x01, 0x12, 0x07, 0, 0
        .byte 2, 0x2e, 1, 0x11, 0x01, 0x12, 0x07, 0x6e, 0x08, 0, 0
        .byte 3, 0x34, 0, 0x03, 0x08, 0x02, 0x18, 0, 0
        .byte 4, 0x0b, 1, 0x11, 0x01, 0x12, 0x07, 0, 0
        .byte 0
        .section .debug_info,"",@progbits
        .long unit_end - unit_start
      unit_start:
        .short \(version)
      \(version == 5 ? "  .byte 1, 8\n  .long 0" : "  .long 0\n  .byte 8")
        .byte 1
        .quad start
        .quad 32
      \(symbols.map(function).joined())
        .byte 0
      unit_end:

      """
  }
}
#endif
