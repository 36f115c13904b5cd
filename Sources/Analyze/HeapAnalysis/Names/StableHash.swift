/// FNV-1a with 64 bits: the same on every machine and in every run, unlike the standard `Hasher`.
///
/// Constants and order of steps: http://www.isthe.com/chongo/tech/comp/fnv/.
struct StableHash: Hashable {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  init() {}

  init(_ text: String) {
    combine(text)
  }

  /// Adds a string and its end: "ab", "c" differs from "a", "bc".
  mutating func combine(_ text: String) {
    for byte in text.utf8 { add(byte) }
    // 0xff isn't a byte of UTF-8.
    add(0xff)
  }

  mutating func combine(_ number: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      add(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  private mutating func add(_ byte: UInt8) {
    value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
  }

  /// 16 hexadecimal digits.
  var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
