import CSwiftRemoteMirror
import Foundation
import TestSupport
import Testing

@testable import HeapCapture

@Suite struct MangledTypeParserTests {
  private static func expanded(_ name: String) -> String? {
    MangledTypeParser.template(of: Array(name.utf8))?.mangledName()
  }

  // MARK: Names

  @Test(
    "Names that refer to earlier parts of themselves are written out",
    arguments: [
      ("Si", "Si"),
      ("ScA_p", "ScA_p"),
      ("SaySiG", "SaySiG"),
      ("SDyS2iG", "SDySiSiG"),
      ("SDySSSaySiGSgG", "SDySSSaySiGSgG"),
      ("yt", "yt"),
      ("Si_SSt", "Si_SSt"),
      ("Si1a_SS1bt", "Si1a_SS1bt"),
      ("Siyc", "Siyc"),
      ("yyYaKc", "yyYaKc"),
      ("ySi_SStXE", "ySi_SStXE"),
      ("yXl", "yXl"),
      ("ypXp", "ypXp"),
      ("Sim", "Sim"),
      ("SiXMt", nil),
      ("3App4NodeC", "3App4NodeC"),
      ("3App4NodeC_ACt", "3App4NodeC_3App4NodeCt"),
      ("3App4NodeC_A2Ct", "3App4NodeC_3App4NodeC3App4NodeCt"),
      ("3App4NodeC5InnerV", "3App4NodeC5InnerV"),
      ("3App0A4NodeC", "3App7AppNodeC"),
      ("3App5ShapeP_p", "3App5ShapeP_p"),
      ("3App5Shape_pSg", "3App5ShapeP_pSg"),
      ("3App4NodeCXw", "3App4NodeCXw"),
      ("3App4Node5_1234LLC", "3App4Node5_1234LLC"),
      ("15Synchronization5MutexVySiG", "15Synchronization5MutexVySiG"),
      ("Bo", "Bo"),
      ("Bi64_", "Bi64_"),
      ("$3_", "$3_"),
      ("s11InlineArrayVy$3_SiG", "s11InlineArrayVy$3_SiG"),
    ]
  )
  func names(name: String, expected: String?) {
    #expect(Self.expanded(name) == expected)
  }

  @Test(
    "What isn't one whole type has no name",
    arguments: [
      "", "SiSi", "y", "_", "3App", "3Ap", "99999999999999999999App", "0", "0A", "000", "00Node",
      "A", "AA",
      "AZ", "A99999999999A", "S", "S?", "S9999999999i", "Sg", "C", "V", "G", "SaG", "SiG", "t",
      "_t",
      "c", "Sic", "p", "Xw", "X", "XM", "SiXM", "SiXMx", "XMt", "Y", "Y?", "Yb", "B", "Bi", "Bi64",
      "B?", "q", "qz",
      "q99999999999_",
      "qd_", "$", "$3", "Qp", "QP", "Q", "L", "LL", "1aLL", "R", "Rz", "Ri_", "m", "h", "z", "n",
      "K",
      "\u{1}", "\u{1}abc", "\u{1}abcd", "Z", "é",
    ]
  )
  func malformed(name: String) {
    #expect(Self.expanded(name) == nil)
  }

  @Test("Generic parameters are places for arguments, by depth and position")
  func parameters() throws {
    var arguments = GenericArguments()
    arguments[GenericParameter(depth: 0, index: 0)] = .type("Si")
    arguments[GenericParameter(depth: 0, index: 1)] = .type("SS")
    arguments[GenericParameter(depth: 1, index: 0)] = .type("Sd")
    let template = try #require(MangledTypeParser.template(of: Array("x_q_qd__t".utf8)))
    #expect(template.mangledName(with: arguments) == "Si_SSSdt")
    #expect(template.mangledName() == nil)
    let missing = try #require(MangledTypeParser.template(of: Array("Sayq0_G".utf8)))
    #expect(missing.mangledName(with: arguments) == nil)
  }

  @Test("A pack's pattern is written once for each of its elements")
  func packs() throws {
    var arguments = GenericArguments()
    let pack = GenericParameter(depth: 0, index: 0)
    let template = try #require(MangledTypeParser.template(of: Array("SayxGxQp_t".utf8)))
    for (elements, expected) in [
      ([], "yt"), (["Si"], "SaySiG"), (["Si", "SS"], "SaySiG_SaySSGt"),
    ] {
      arguments[pack] = .pack(elements)
      #expect(template.mangledName(with: arguments) == expected)
    }
    arguments[pack] = .type("Si")
    #expect(template.mangledName(with: arguments) == nil)
  }

  @Test("Symbolic references are names that the memory has elsewhere")
  func symbolicReferences() {
    let bytes: [UInt8] = [1, 9, 8, 7, 6] + Array("Sg".utf8)
    var asked: [Int] = []
    let template = MangledTypeParser.template(of: bytes) { kind, place in
      asked += [Int(kind), place]
      return "3App4NodeC"
    }
    #expect(asked == [1, 1])
    #expect(template?.mangledName() == "3App4NodeCSg")
  }

  // MARK: Against SwiftRemoteMirror

  class Node {}
  private final class Hidden: Node {}
  private struct Pair<First, Second> {
    var first: First
    var second: Second
    struct Inner<Third> { var third: Third }
    enum Kind { case first, second }
  }
  struct Packed<each Element> { var elements: (repeat each Element) }
  enum Tree<Leaf> {
    case leaf(Leaf)
    indirect case branch(Tree, Tree)
  }
  protocol Shape {}
  protocol Bound: AnyObject {}
  actor Worker {}
  struct Failure: Error {}

  private static let types: [any Any.Type] = [
    Int.self, UInt8.self, Double.self, Bool.self, String.self, Character.self, Never.self,
    UnsafeRawPointer.self, UnsafeMutablePointer<Int>.self, UnsafeBufferPointer<Node>.self,
    [Int].self, [[String]].self, [Node?].self, Set<String>.self, [String: [Int: Node]].self,
    ContiguousArray<Node>.self, ArraySlice<Int>.self, Range<Int>.self, ClosedRange<String>.self,
    Optional<Int>.self, Node?.self, Node??.self, Result<Node, any Error>.self,
    Result<Int, Failure>.self, Unmanaged<Node>.self, ObjectIdentifier.self,
    Node.self, Hidden.self, Worker.self, Failure.self, MangledTypeParserTests.self,
    Pair<Int, String>.self, Pair<Node, Pair<Hidden, Int>>.self, Pair<Int, Int>.Inner<String>.self,
    Pair<Int, Node>.Kind.self, [Pair<Node, Node>.Inner<[Node]>].self,
    Tree<Int>.self, Tree<Tree<Node>>.self,
    Void.self, (Int, String).self, (first: Int, second: Node).self, ((Int, Int), Node?).self,
    (() -> Void).self, ((Int) -> String).self, ((Int, Node) throws -> Node?).self,
    (@Sendable () async -> Void).self, (@Sendable (Int) async throws -> [Int]).self,
    (((Int) -> Void) -> Node).self, [() -> Void].self, (() -> Void)?.self,
    (@MainActor () -> Void).self, (@convention(c) (Int32) -> Int32).self,
    Any.self, AnyObject.self, (any Shape).self, (any Bound).self, (any Shape & Bound).self,
    (any Error).self, (any Shape)?.self, [any Shape].self, (any Node & Shape).self,
    (any CustomStringConvertible & Shape).self, (any Hashable).self,
    Int.Type.self, Node.Type.self, (any Shape.Type).self, Any.Type.self, AnyClass.self,
    Task<Int, Never>.self, Task<Void, any Error>.self, AsyncStream<Node>.self,
    CheckedContinuation<Int, any Error>.self, Data.self, URL.self, Date.self, UUID.self,
    NSLock.self, [URL: Data].self, Packed<Int, Node>.self,
  ]

  /// Of a private type the library knows its address or its file; the runtime doesn't say what follows from a protocol.
  private func name(_ type: TypeReference, _ mirror: RemoteMirror) -> String {
    displayName(ofDemangled: mirror.demangledName(of: type))
      .replacingOccurrences(of: " & Swift.AnyObject", with: "")
  }

  @Test("The name of each type means the same to SwiftRemoteMirror, written out by itself")
  func agreement() throws {
    let mirror = try #require(InProcess.mirror())
    var compared = 0
    for type in Self.types {
      guard let known = mirror.type(ofMetadata: InProcess.metadata(type)) else { continue }
      guard let name = mirror.standaloneName(of: known) else {
        // The library's names of metatypes are those of thin ones, which have no bytes.
        #expect("\(type)".hasSuffix(".Type"), "\(mirror.mangledName(of: known))")
        continue
      }
      let found = try #require(mirror.type(mangledName: name), "\(type): \(name)")
      #expect(self.name(found, mirror) == self.name(known, mirror), "\(type)")
      #expect(mirror.info(of: found).Kind == mirror.info(of: known).Kind, "\(type)")
      #expect(mirror.info(of: found).Size == mirror.info(of: known).Size, "\(type)")
      compared += 1
    }
    #expect(compared > 60, "\(compared) of \(Self.types.count)")
  }

  @Test("So does the name that the runtime gives a type")
  func runtimeNames() throws {
    let mirror = try #require(InProcess.mirror())
    var compared = 0
    for type in Self.types {
      guard let known = mirror.type(ofMetadata: InProcess.metadata(type)),
        let mangled = _mangledTypeName(type), let name = Self.expanded(mangled)
      else { continue }
      // Private types are told by addresses here, by their files there.
      guard !mangled.contains("LL"), let found = mirror.type(mangledName: name) else { continue }
      #expect(self.name(found, mirror) == self.name(known, mirror), "\(mangled)")
      compared += 1
    }
    #expect(compared > 50, "\(compared) of \(Self.types.count)")
  }

  // MARK: Hostile names

  private static let valid: [String] =
    types.compactMap { _mangledTypeName($0) } + [
      "3App4NodeC_A2Ct", "3App0A4NodeC", "x_q_qd__t", "SayxGxQp_t", "3App4Node5_1234LLC",
      "s11InlineArrayVy$3_SiG", "SDySSSaySiGSgG", "3App5Shape_pSg", "r0_lyxq_Siz_t",
    ]

  @Test("No prefix of a name and no damaged one traps, and all are quick")
  func damage() {
    var random = SplitMix64(state: 1)
    var understood = 0
    let alphabet = Array("0123456789ABCGLOPQRSTVXYZ_$acdghilmnopqrsxyz\u{1}\u{2}\u{ff}".utf8)
    func parse(_ bytes: [UInt8]) {
      let template = MangledTypeParser.template(of: bytes) { _, _ in "3App4NodeC" }
      if template?.mangledName() != nil { understood += 1 }
    }
    let time = ContinuousClock().measure {
      for name in Self.valid {
        let bytes = Array(name.utf8)
        for length in 0...bytes.count { parse(Array(bytes[..<length])) }
      }
      for _ in 0..<2_000 {
        guard var bytes = Self.valid.randomElement(using: &random).map({ Array($0.utf8) }),
          !bytes.isEmpty
        else { continue }
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let place = Int.random(in: 0..<bytes.count, using: &random)
          let byte = alphabet.randomElement(using: &random) ?? 0
          switch Int.random(in: 0..<4, using: &random) {
          case 0: bytes.insert(byte, at: place)
          case 1 where bytes.count > 1: bytes.remove(at: place)
          case 2:
            bytes += bytes[place...].prefix(64)
          default: bytes[place] = byte
          }
        }
        parse(bytes)
      }
    }
    #expect(understood > 100)
    #expect(time < .seconds(5))
  }

  @Test("A short name that stands for an enormous one is not written out")
  func explosion() {
    // Each level repeats the one before it 2,000 times.
    var name = "SaySiG"
    for level in 0..<6 {
      let substitution = String(UnicodeScalar(UInt8(ascii: "A") + UInt8(level)))
      name += "_SayA2000\(substitution)G"
    }
    name += "t"
    let time = ContinuousClock().measure { #expect(Self.expanded(name) == nil) }
    #expect(time < .seconds(2))
  }

  @Test("Lists in lists in lists come to an end")
  func depth() {
    let name = "Si" + String(repeating: "_Sit", count: 1_000)
    #expect(Self.expanded(name)?.hasPrefix("Si_Sit") == true)
  }
}
