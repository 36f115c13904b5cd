internal import CLinux
internal import Glibc

/// A copy of this very process, as it stood in one moment; it ends with this value.
///
/// A helper process stops the threads with ptrace and lets the kernel copy the memory, page by page and only
/// where somebody writes later. Nothing runs in the copy (see `remnant_twin.h`).
///
/// No object: it would lie in the copy, and only the thread that took it holds it.
package struct FrozenTwin: ~Copyable {
  private var twin = remnant_twin()

  /// How many milliseconds to wait for threads that wait in the kernel.
  private static let patience: Int32 = 1_000

  /// Stops the threads, copies, and lets them go on.
  package init() throws(CaptureError) {
    guard remnant_twin_make(&twin, Self.patience) == 0 else {
      if twin.error == EPERM { throw CaptureError(.notPermitted, errno: EPERM) }
      let call = twin.failed.map { String(cString: $0) } ?? "clone"
      throw CaptureError(.systemCall(call), errno: twin.error)
    }
  }

  deinit {
    var twin = twin
    remnant_twin_end(&twin)
  }

  /// Whose memory is the copy.
  package var process: Int32 { twin.process }

  /// The thread that made it.
  var caller: Int32 { twin.caller }

  /// Memory that was mapped for the making of the copy, and is no memory of the program.
  var ownRange: Range<Address> { Address(twin.own_start)..<Address(twin.own_end) }

  /// How long the threads stood still.
  var pause: Duration { .nanoseconds(twin.pause_nanoseconds) }

  /// Threads that did not stop in time.
  var unstoppable: [(id: Int32, name: String)] {
    let directory = ProcessDirectory(process: getpid())
    return records.filter { $0.is_stopped == 0 }.map { ($0.id, directory.name(ofThread: $0.id)) }
  }

  /// The threads as they stood.
  func threads() -> [StoppedProcess.Thread] {
    let directory = ProcessDirectory(process: getpid())
    return records.indices.filter { records[$0].is_stopped != 0 }.map { index in
      let record = records.baseAddress.map { $0 + index }
      return record.map { describe($0, directory) }
    }.compactMap { $0 }
  }

  private var records: UnsafeMutableBufferPointer<remnant_twin_thread> {
    UnsafeMutableBufferPointer(start: twin.threads, count: twin.thread_count)
  }

  private func describe(
    _ record: UnsafeMutablePointer<remnant_twin_thread>,
    _ directory: ProcessDirectory
  ) -> StoppedProcess.Thread {
    let general = withUnsafeBytes(of: &record.pointee.general) {
      Array($0.bindMemory(to: UInt64.self).prefix(Int(record.pointee.general_count)))
    }
    let vectors = withUnsafeBytes(of: &record.pointee.vectors) {
      Array($0.bindMemory(to: UInt64.self).prefix(Int(record.pointee.vector_count)))
    }
    var stackPointers = [UInt64](repeating: 0, count: 256)
    let frames = [UInt64](unsafeUninitializedCapacity: 256) { buffer, count in
      guard let start = buffer.baseAddress else { return }
      count = remnant_twin_frames(process, record, start, &stackPointers, buffer.count)
    }
    return StoppedProcess.Thread(
      id: record.pointee.id,
      name: directory.name(ofThread: record.pointee.id),
      stackPointer: Address(remnant_stack_pointer(general, general.count)),
      threadPointer: Address(record.pointee.thread_pointer),
      registers: general + vectors,
      frames: frames,
      frameStackPointers: Array(stackPointers.prefix(frames.count))
    )
  }
}
