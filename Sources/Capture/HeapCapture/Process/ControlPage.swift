internal import CLinux
internal import CRecorderFormat
internal import Glibc

/// The page that the tool and the recorder share: how they tell each other what happens.
package final class ControlPage: @unchecked Sendable {
  // The page outlives every thread that waits on it: `deinit` runs when none is left. All fields are
  // read and written with atomic operations, or before the other side knows of a phase.
  private let page: UnsafeMutablePointer<remnant_control>
  /// Inherited by the program, which closes it once it has mapped the page; -1 where it has a segment instead.
  package let descriptor: Int32
  /// The number of a segment of System V's shared memory; -1 where there is a descriptor.
  private let segment: Int32

  /// How the program's recorder finds the page: the value of `REMNANT_CONTROL_FD`.
  package var name: String {
    segment >= 0
      ? "\(REMNANT_CONTROL_SEGMENT_PREFIX)\(segment)"
      : "\(descriptor):/proc/\(getpid())/fd/\(descriptor)"
  }

  package init() throws(CaptureError) {
    var descriptor: Int32 = -1
    var segment: Int32 = -1
    guard let memory = remnant_make_shared_page("remnant-control", &descriptor, &segment) else {
      throw CaptureError(.systemCall("memfd_create"), errno: errno)
    }
    self.descriptor = descriptor
    self.segment = segment
    page = memory.bindMemory(to: remnant_control.self, capacity: 1)
    page.pointee.magic = REMNANT_CONTROL_MAGIC
    page.pointee.version = REMNANT_CONTROL_VERSION
    page.pointee.tool_pid = getpid()
    page.pointee.tool_descriptor = descriptor
    page.pointee.tool_segment = segment
    var status = stat()
    if fstat(descriptor, &status) == 0 { page.pointee.inode = UInt64(status.st_ino) }
  }

  deinit { remnant_remove_shared_page(page, descriptor, segment) }

  // MARK: What the recorder says

  package enum Phase: Equatable, Sendable {
    /// The recorder has not been heard of.
    case launched
    case recording
    case refused(Refusal, detail: String)
    case atExit(thread: Int32)
    case released
  }

  package enum Refusal: Equatable, Sendable {
    case otherAllocator, noUnwinder, noMemory, otherLibrary
  }

  /// How the program ended, where the recorder saw it pass.
  package enum Ending: Equatable, Sendable {
    case unknown, underscoreExit, quickExit, exec
  }

  package var phase: Phase {
    switch remnant_phase(remnant_load_acquire(phaseWord)) {
    case REMNANT_PHASE_RECORDING: .recording
    case REMNANT_PHASE_REFUSED: .refused(refusal, detail: detail)
    case REMNANT_PHASE_AT_EXIT: .atExit(thread: page.pointee.exit_thread)
    case REMNANT_PHASE_RELEASED: .released
    default: .launched
    }
  }

  /// The thread that waits at the program's exit; nil where that isn't known, because it made no system call.
  package var exitThread: Int32? {
    if case .atExit(let thread) = phase, !isSilent { thread } else { nil }
  }

  private var isSilent: Bool { remnant_load_acquire(word(at: \.is_silent)) != 0 }

  package var ending: Ending {
    switch remnant_ending(page.pointee.ending) {
    case REMNANT_ENDING_UNDERSCORE_EXIT: .underscoreExit
    case REMNANT_ENDING_QUICK_EXIT: .quickExit
    case REMNANT_ENDING_EXEC: .exec
    default: .unknown
    }
  }

  /// The process that the recorder took hold in; 0 before.
  package var process: Int32 { page.pointee.pid }

  /// Whether Swift's runtime was there when the recorder took hold.
  package var isSwift: Bool { page.pointee.is_swift != 0 }

  /// Address of the recorder's tables in the program.
  package var state: Address { Address(page.pointee.state) }

  private var refusal: Refusal {
    switch remnant_refusal(page.pointee.refusal) {
    case REMNANT_REFUSAL_NO_UNWINDER: .noUnwinder
    case REMNANT_REFUSAL_NO_MEMORY: .noMemory
    case REMNANT_REFUSAL_OTHER_LIBC: .otherLibrary
    default: .otherAllocator
    }
  }

  private var detail: String { text(\.refusal_detail) }

  /// The allocator that the program has, such as "glibc" or "jemalloc".
  package var allocator: String { text(\.allocator) }

  /// The programs that the watched one has started, in order, each once.
  package var startedPrograms: [String] {
    let names = withUnsafeBytes(of: page.pointee.started_names) { bytes in
      stride(from: 0, to: bytes.count, by: Int(REMNANT_STARTED_NAME_SIZE)).map { start in
        Self.text(bytes[start..<start + Int(REMNANT_STARTED_NAME_SIZE)])
      }
    }
    var seen: Set<String> = [""]
    return names.filter { seen.insert($0).inserted }
  }

  /// Whether the watched program has started one of this name, of which the page may have the beginning only.
  package func hasStarted(_ name: String) -> Bool {
    let room = Int(REMNANT_STARTED_NAME_SIZE) - 1
    return startedPrograms.contains(String(decoding: name.utf8.prefix(room), as: UTF8.self))
  }

  private func text<Characters>(_ field: KeyPath<remnant_control, Characters>) -> String {
    withUnsafeBytes(of: page.pointee[keyPath: field]) { Self.text($0[...]) }
  }

  /// Characters up to the first that is zero.
  private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// What distinguishes this page from others in the map of a process.
  package var inode: UInt64 {
    // A map has a segment's number in its place.
    if segment >= 0 { return UInt64(segment) }
    var status = stat()
    return fstat(descriptor, &status) == 0 ? UInt64(status.st_ino) : 0
  }

  // MARK: Waiting

  /// A number to compare with later: it changes with everything that happens.
  package var event: UInt32 { remnant_load_acquire(eventWord) }

  /// Waits until something has happened since `event` was read.
  ///
  /// A program that filters its system calls can't wake anyone: then it looks now and then.
  package func wait(since event: UInt32) {
    let moment: Int64 = 20
    _ = remnant_futex_wait(eventWord, event, isSilent ? moment : -1)
  }

  /// Lets a program that waits at its exit know that it has been noticed.
  package func answer() { remnant_store_release(word(at: \.is_heard), 1) }

  /// Wakes the waiting side.
  package func announce() {
    remnant_increment(eventWord)
    remnant_futex_wake(eventWord)
  }

  /// Lets a program that waits at its exit go on.
  package func release() {
    remnant_store_release(phaseWord, UInt32(REMNANT_PHASE_RELEASED.rawValue))
    announce()
  }

  private var eventWord: UnsafeMutablePointer<UInt32> { word(at: \.event) }
  private var phaseWord: UnsafeMutablePointer<UInt32> { word(at: \.phase) }

  private func word(
    at field: KeyPath<remnant_control, UInt32>
  ) -> UnsafeMutablePointer<UInt32> {
    guard let offset = MemoryLayout<remnant_control>.offset(of: field) else {
      preconditionFailure("a stored field of a C structure has an offset")
    }
    return (UnsafeMutableRawPointer(page) + offset).assumingMemoryBound(to: UInt32.self)
  }
}
