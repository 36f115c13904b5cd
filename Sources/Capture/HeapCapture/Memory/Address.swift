/// An address in the memory of a process that is examined.
///
/// Whatever that memory says can be wrong, so no operation on an address traps. Sums and differences wrap around, a
/// distance that would be negative is nil, and a range whose end is below its start is empty. A wrong address is found out
/// where it is read: `MemoryReader` has nothing there.
package struct Address: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
  package var rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package init(_ rawValue: UInt64) { self.rawValue = rawValue }

  /// The last byte that has an address.
  package static let max = Address(.max)

  package static func < (left: Address, right: Address) -> Bool { left.rawValue < right.rawValue }

  /// As fast as that of the number: tables are asked for an address or two of each block, of which there are millions.
  ///
  /// What `RawRepresentable` has takes twice as long.
  package func _rawHashValue(seed: Int) -> Int { rawValue._rawHashValue(seed: seed) }

  // MARK: Arithmetic

  /// The address some bytes further on; beyond the end of the address space it goes on at the start.
  package static func + (address: Address, count: UInt64) -> Address {
    Address(address.rawValue &+ count)
  }

  /// The same for a count that may be negative, such as a relative pointer's.
  package static func + (address: Address, count: Int) -> Address {
    Address(address.rawValue &+ UInt64(bitPattern: Int64(count)))
  }

  /// The address some bytes before; before the start of the address space it goes on at the end.
  package static func - (address: Address, count: UInt64) -> Address {
    Address(address.rawValue &- count)
  }

  package static func - (address: Address, count: Int) -> Address {
    Address(address.rawValue &- UInt64(bitPattern: Int64(count)))
  }

  package static func += (address: inout Address, count: UInt64) { address = address + count }

  package static func += (address: inout Address, count: Int) { address = address + count }

  /// The bits of the address that a mask has: tags, or what remains without them.
  package static func & (address: Address, mask: UInt64) -> Address {
    Address(address.rawValue & mask)
  }

  /// How many bytes lie from here to a later address; nil where that is an earlier one.
  package func distance(to end: Address) -> UInt64? {
    end < self ? nil : end.rawValue &- rawValue
  }

  /// The place of this address in bytes that are read from another one on; nil before their start.
  package func offset(from start: Address) -> Int? {
    start.distance(to: self).flatMap { Int(exactly: $0) }
  }

  // MARK: Alignment

  /// Whether the address is a multiple of an alignment.
  package func isAligned(to alignment: UInt64) -> Bool { offset(inUnitOf: alignment) == 0 }

  /// The last multiple of an alignment, which is a power of two, that isn't above the address.
  package func alignedDown(to alignment: UInt64) -> Address { self & ~(alignment &- 1) }

  /// The first multiple of an alignment that isn't below the address; 0 behind the last one.
  package func alignedUp(to alignment: UInt64) -> Address {
    (self + (alignment &- 1)).alignedDown(to: alignment)
  }

  /// How many bytes of the unit that the address lies in, a power of two large, lie before it.
  package func offset(inUnitOf size: UInt64) -> UInt64 { rawValue & (size &- 1) }

  // MARK: Ranges

  /// The addresses from one to another; none where the second is below the first.
  package static func ..< (start: Address, end: Address) -> Range<Address> {
    Range(uncheckedBounds: (start, Swift.max(start, end)))
  }
}

extension Address: ExpressibleByIntegerLiteral {
  package init(integerLiteral value: UInt64) { self.init(value) }
}

extension Address: CustomStringConvertible {
  package var description: String { "0x" + digits }

  /// Hexadecimal, as `/proc` and SwiftRemoteMirror write it.
  package var digits: String { String(rawValue, radix: 16) }
}

extension Range<Address> {
  /// The addresses of some bytes, as far as the address space goes.
  package init(at start: Address, size: UInt64) {
    let (end, isBeyond) = start.rawValue.addingReportingOverflow(size)
    self = start..<(isBeyond ? .max : Address(end))
  }

  /// An explicit conversion, for the modules that keep addresses as numbers.
  package init(_ numbers: Range<UInt64>) {
    self = Address(numbers.lowerBound)..<Address(numbers.upperBound)
  }

  /// How many bytes.
  package var size: UInt64 { upperBound.rawValue &- lowerBound.rawValue }

  /// How many bytes, where a buffer has room for as many.
  var count: Int { Int(clamping: size) }

  /// The pages that the range touches.
  var pages: Range<Address> {
    let end = upperBound.alignedUp(to: MachineLayout.pageSize)
    // The end of the last page isn't an address.
    let last = Address.max.alignedDown(to: MachineLayout.pageSize)
    return lowerBound.alignedDown(to: MachineLayout.pageSize)..<(end < upperBound ? last : end)
  }

  /// The range in pieces of at most some size, in order.
  func parts(ofAtMost size: UInt64) -> [Range<Address>] {
    var parts: [Range<Address>] = []
    var rest = self
    while !rest.isEmpty {
      let part = Range(at: rest.lowerBound, size: size).clamped(to: rest)
      guard !part.isEmpty else { break }
      parts.append(part)
      rest = part.upperBound..<upperBound
    }
    return parts
  }

  package var rawValues: Range<UInt64> { lowerBound.rawValue..<upperBound.rawValue }
}
