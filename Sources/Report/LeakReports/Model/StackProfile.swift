/// Bytes and objects by call stack: what flame graphs and `pprof` are made of.
package struct StackProfile {
  /// What one call stack allocated, outermost frame last.
  struct Sample {
    var frames: [LeakReport.Finding.Frame]
    var leakedCount: Int
    var leakedBytes: Int
    var liveCount: Int
    var liveBytes: Int
  }

  let samples: [Sample]
  /// Whether live memory was recorded by call stack, and not only what leaked.
  let hasLive: Bool

  package init(_ report: LeakReport) {
    hasLive = !report.stacks.isEmpty
    if hasLive {
      samples = report.stacks.map { stack in
        let library = Set(stack.libraryFrames ?? [])
        return Sample(
          frames: stack.frames.enumerated().map {
            LeakReport.Finding.Frame(function: $1, image: "", library: library.contains($0))
          },
          leakedCount: stack.leakedCount,
          leakedBytes: stack.leakedBytes,
          liveCount: stack.count,
          liveBytes: stack.bytes
        )
      }
    } else {
      samples = report.findings.filter { $0.isLeak && $0.suppressedBy == nil }.flatMap { finding in
        finding.allocations.map { allocation in
          Sample(
            frames: allocation.frames,
            leakedCount: allocation.count,
            leakedBytes: allocation.bytes ?? 0,
            liveCount: 0,
            liveBytes: 0
          )
        }
      }
    }
  }

  // MARK: Collapsed stacks

  /// One line for each call stack, outermost frame first, with its bytes: what `flamegraph.pl` and speedscope read.
  ///
  /// Bytes of live memory where it was recorded by call stack, else of what leaked.
  /// Format: https://github.com/brendangregg/FlameGraph.
  package func collapsed() -> String {
    var bytes: [String: Int] = [:]
    for sample in samples {
      let value = hasLive ? sample.liveBytes : sample.leakedBytes
      guard value > 0 else { continue }
      let names = sample.frames.reversed().map { Self.inOneWord($0.function) }
      bytes[names.isEmpty ? "(no call stack)" : names.joined(separator: ";"), default: 0] += value
    }
    return bytes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.key) \($0.value)\n" }.joined()
  }

  /// Semicolons divide frames.
  private static func inOneWord(_ name: String) -> String {
    escaping(inOneLine(name)) { $0 == ";" ? "," : nil }
  }

  // MARK: pprof

  /// A profile that `go tool pprof` reads.
  ///
  /// Format: https://github.com/google/pprof/blob/main/proto/profile.proto, not compressed, which readers accept.
  package func pprof() -> [UInt8] {
    var strings = StringTable()
    var profile = ProtobufWriter()
    let types =
      [("leaked_objects", "count"), ("leaked_space", "bytes")]
      + (hasLive ? [("inuse_objects", "count"), ("inuse_space", "bytes")] : [])
    for (type, unit) in types {
      var value = ProtobufWriter()
      value.write(1, strings.index(of: type))
      value.write(2, strings.index(of: unit))
      profile.write(1, value)
    }
    var functions: [Function: Int] = [:]
    var order: [Function] = []
    var lines: [Line: Int] = [:]
    var lineOrder: [(Line, Int)] = []
    for sample in samples {
      var message = ProtobufWriter()
      let locations = sample.frames.map { frame -> Int in
        let function = Function(name: frame.function, file: frame.file ?? frame.image)
        let functionID =
          functions[function]
          ?? {
            order.append(function)
            functions[function] = order.count
            return order.count
          }()
        let line = Line(function: functionID, line: frame.line ?? 0)
        if let known = lines[line] { return known }
        lineOrder.append((line, functionID))
        lines[line] = lineOrder.count
        return lineOrder.count
      }
      message.write(1, packed: locations)
      let live = hasLive ? [sample.liveCount, sample.liveBytes] : []
      message.write(2, packed: [sample.leakedCount, sample.leakedBytes] + live)
      profile.write(2, message)
    }
    for (index, (line, functionID)) in lineOrder.enumerated() {
      var place = ProtobufWriter()
      place.write(1, functionID)
      place.write(2, line.line)
      var location = ProtobufWriter()
      location.write(1, index + 1)
      location.write(4, place)
      profile.write(4, location)
    }
    for (index, function) in order.enumerated() {
      var message = ProtobufWriter()
      message.write(1, index + 1)
      message.write(2, strings.index(of: function.name))
      message.write(4, strings.index(of: function.file))
      profile.write(5, message)
    }
    profile.write(14, strings.index(of: hasLive ? "inuse_space" : "leaked_space"))
    for string in strings.all { profile.write(6, bytes: Array(string.utf8)) }
    return profile.bytes
  }

  private struct Function: Hashable {
    var name: String
    var file: String
  }

  private struct Line: Hashable {
    var function: Int
    var line: Int
  }

  /// Strings by number; the first is empty.
  private struct StringTable {
    private(set) var all = [""]
    private var indices = ["": 0]

    mutating func index(of string: String) -> Int {
      if let known = indices[string] { return known }
      indices[string] = all.count
      all.append(string)
      return all.count - 1
    }
  }
}

/// Writes messages of Protocol Buffers: varints, and fields with a length.
///
/// Encoding: https://protobuf.dev/programming-guides/encoding.
private struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  private mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// A number; zero is what a field that isn't there means.
  mutating func write(_ field: Int, _ value: Int) {
    guard value != 0 else { return }
    append(varint: UInt64(field) << 3)
    append(varint: UInt64(bitPattern: Int64(value)))
  }

  mutating func write(_ field: Int, bytes content: [UInt8]) {
    append(varint: UInt64(field) << 3 | 2)
    append(varint: UInt64(content.count))
    bytes += content
  }

  mutating func write(_ field: Int, _ message: ProtobufWriter) {
    write(field, bytes: message.bytes)
  }

  mutating func write(_ field: Int, packed values: [Int]) {
    var content = ProtobufWriter()
    for value in values { content.append(varint: UInt64(bitPattern: Int64(value))) }
    write(field, bytes: content.bytes)
  }
}
