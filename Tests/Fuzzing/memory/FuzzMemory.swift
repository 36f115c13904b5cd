import HeapAnalysis
import HeapCapture
import HeapGraph

// A heap that the program has written over, under libFuzzer: the input is the memory of a process, and says what it is.
// Every answer is right but a trap, and what comes after the reader must bear whatever graph it makes.
//
//     REMNANT_FUZZING=1 swift build --sanitize fuzzer --scratch-path .build-fuzzing --product fuzz-memory
//     .build-fuzzing/debug/fuzz-memory -max_total_time=60

/// The input at one address, and the rest unreadable.
private struct InputMemory: MemoryReader {
  static let start: Address = 0x10_0000
  let bytes: [UInt8]

  func read(_ address: Address, into buffer: UnsafeMutableRawBufferPointer) -> Int {
    guard let first = address.offset(from: Self.start), first < bytes.count else { return 0 }
    let count = min(buffer.count, bytes.count - first)
    bytes.withUnsafeBytes { bytes in
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[first..<first + count]))
    }
    return count
  }
}

/// Called by libFuzzer with each input: the first words say where blocks begin and how large they are.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: bytes, count: count))
  guard input.count >= 64 else { return 0 }
  let memory = InputMemory(bytes: input)
  let whole = InputMemory.start..<InputMemory.start + input.count
  var outline = HeapOutline()
  var address = whole.lowerBound
  var number = 0
  while address < whole.upperBound {
    // Sizes that reach beyond the memory, too.
    let size = UInt64(input[number % 32]) * 4
    outline.allocations.blocks.append(
      AllocationTable.Block(address: address, size: size, stackID: 0, birth: UInt64(number))
    )
    address += max(16, (size + 23) & ~15)
    number += 1
  }
  // Whatever the input names is code.
  outline.executableRanges = [whole]
  outline.rootRegions = [
    HeapOutline.RootRegion(
      root: Root(kind: .global, name: "input"),
      range: InputMemory.start..<InputMemory.start + 64
    )
  ]
  guard let built = try? GraphBuilder(outline: outline, reader: memory).build() else { return 0 }
  _ = HeapAnalysis(of: built.graph)
  return 0
}
