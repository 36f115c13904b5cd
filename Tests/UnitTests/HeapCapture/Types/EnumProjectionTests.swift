import CSwiftRemoteMirror
import TestSupport
import Testing

@testable import HeapCapture

@Suite struct EnumProjectionTests {
  final class Node {}
  enum Slot: Equatable {
    case first(Node)
    case second(Node)
    case third(Node)
    case nothing
    case everything

    static func == (left: Slot, right: Slot) -> Bool { "\(left)" == "\(right)" }
  }
  enum Mixed {
    case number(Int)
    case pair(Node, Node)
    case text(String)
    case nothing
  }

  private let mirror: RemoteMirror
  private let node = Node()

  init() throws { mirror = try #require(InProcess.mirror()) }

  private func projection(_ type: Any.Type, _ references: Set<Int>) throws -> EnumProjection {
    let reference = try #require(mirror.type(ofMetadata: InProcess.metadata(type)))
    return EnumProjection(
      mirror: mirror,
      type: reference,
      size: Int(mirror.info(of: reference).Size),
      referenceWords: references
    )
  }

  private func caseIndex<Value>(_ projection: EnumProjection, _ value: Value) -> Int? {
    withUnsafeBytes(of: value, projection.caseIndex)
  }

  @Test("The case of a word with tags is the same for all addresses")
  func word() throws {
    let projection = try projection(Slot.self, [0])
    #expect(projection.size == 8)
    for node in [node, Node(), Node()] {
      #expect(caseIndex(projection, Slot.first(node)) == 0)
      #expect(caseIndex(projection, Slot.second(node)) == 1)
      #expect(caseIndex(projection, Slot.third(node)) == 2)
    }
    #expect(caseIndex(projection, Slot.nothing) == 3)
    #expect(caseIndex(projection, Slot.everything) == 4)
  }

  @Test("The case of several words is the same for all addresses, too")
  func words() throws {
    let projection = try projection(Mixed.self, [0, 8])
    #expect(caseIndex(projection, Mixed.number(7)) == 0)
    #expect(caseIndex(projection, Mixed.number(.max)) == 0)
    #expect(caseIndex(projection, Mixed.pair(node, Node())) == 1)
    #expect(caseIndex(projection, Mixed.pair(Node(), node)) == 1)
    #expect(caseIndex(projection, Mixed.text("short")) == 2)
    #expect(caseIndex(projection, Mixed.text(String(repeating: "long", count: 9))) == 2)
    #expect(caseIndex(projection, Mixed.nothing) == 3)
  }

  @Test("Fewer bytes than a value has hold no case")
  func short() throws {
    let projection = try projection(Mixed.self, [0, 8])
    let bytes = [UInt8](repeating: 0, count: projection.size)
    for count in 0..<projection.size {
      #expect(
        bytes.withUnsafeBytes { projection.caseIndex(of: .init(rebasing: $0[..<count])) } == nil
      )
    }
  }

  @Test("Damaged bytes hold a case that there is, or none")
  func damage() throws {
    var random = SplitMix64(state: 1)
    for (type, references, cases) in [
      (Slot.self as any Any.Type, Set([0]), 5), (Mixed.self, [0, 8], 4), (Bool?.self, [], 2),
      ((Node, Slot)?.self, [0, 8], 2),
    ] {
      let projection = try projection(type, references)
      for _ in 0..<500 {
        let bytes = (0..<projection.size).map { _ in
          Bool.random(using: &random) ? UInt8.random(in: 0...255, using: &random) : 0
        }
        if let index = bytes.withUnsafeBytes(projection.caseIndex) {
          #expect((0..<cases).contains(index), "\(type) \(bytes)")
        }
      }
    }
  }

  @Test("Numbers in the place of references cost no memory for each of them")
  func manyAnswers() throws {
    let projection = try projection(Mixed.self, [0, 8])
    for number in 0..<6_000 {
      #expect(caseIndex(projection, Mixed.number(number << 20)) == 0)
    }
  }
}
