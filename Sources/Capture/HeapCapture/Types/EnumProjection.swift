/// Tells which case of an enum some bytes hold.
///
/// SwiftRemoteMirror knows how, but takes microseconds. Its answer depends only on tag bits, on the
/// low values that stand for cases without payload, and on bytes that aren't references: so it is
/// asked once for every combination of those, and the answers are kept.
final class EnumProjection {
  private let mirror: RemoteMirror
  private let type: TypeReference
  /// Bytes of a value.
  let size: Int
  /// Offsets of words that hold a reference in some case: all but their tags are left out of the key.
  private let referenceWords: Set<Int>
  private var answers: [[UInt8]: Int?] = [:]
  private var wordAnswers: [UInt64: Int?] = [:]

  /// How many answers are kept per type.
  ///
  /// Bytes that aren't references can take any value; past this many
  /// combinations the library is asked each time.
  private static let answerLimit = 4096

  init(mirror: RemoteMirror, type: TypeReference, size: Int, referenceWords: Set<Int>) {
    self.mirror = mirror
    self.type = type
    self.size = size
    self.referenceWords = referenceWords
  }

  /// The index of the case, payload cases first; nil where the bytes hold no valid value.
  func caseIndex(of value: UnsafeRawBufferPointer) -> Int? {
    guard value.count >= size else { return nil }
    if size == 8, referenceWords.contains(0) {
      let key = Self.reduced(value.loadUnaligned(as: UInt64.self))
      if let answer = wordAnswers[key] { return answer }
      let answer = withUnsafeBytes(of: key) { ask(Array($0)) }
      wordAnswers[key] = answer
      return answer
    }
    var key = Array(value[..<size])
    for offset in referenceWords {
      let reduced = Self.reduced(value.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      withUnsafeBytes(of: reduced) { bytes in
        for (index, byte) in bytes.enumerated() { key[offset + index] = byte }
      }
    }
    if let answer = answers[key] { return answer }
    let answer = ask(key)
    if answers.count < Self.answerLimit { answers[key] = answer }
    return answer
  }

  /// A word with its tags and any low value as they are, and one address in place of all others.
  private static func reduced(_ word: UInt64) -> UInt64 {
    let address = Address(word & MachineLayout.current.referenceMask)
    return address < MachineLayout.leastAddress
      ? word : word & ~MachineLayout.current.referenceMask | standInAddress
  }

  /// An address like any other, and above every low value that stands for something.
  private static let standInAddress: UInt64 = 0x0000_5555_5555_5550

  /// Where the bytes are shown to the library: the end of the address space, which no process has.
  private static let stage: Address = 0xffff_ffff_ffff_0000

  private func ask(_ bytes: [UInt8]) -> Int? {
    mirror.withOverlays([RemoteMirror.Overlay(address: Self.stage, bytes: bytes)]) {
      mirror.enumCase(at: Self.stage, of: type)
    }
  }
}
