internal import ELF
internal import HeapGraph

/// Finds the threads that hold nothing of the program, whatever stale words their stacks and registers keep.
///
/// These are the one that waits in the recorder after `main` returned, the one that takes a snapshot of its own process,
/// and those that wait in libdispatch's own loops: workers without work, the one that waits for events, and the main
/// thread after `dispatchMain()`, which runs asynchronous programs, too.
///
/// Only where the whole stack could be unwound to its start. In doubt a thread holds what it names.
struct SilentFrames {
  private let images: ImageTable
  /// The recorder's code.
  private let recorder: Range<Address>
  /// The thread that takes the snapshot of its own process, and does nothing else.
  private let snapshotThread: Int32?

  init(
    images: ImageTable,
    recorder: Range<Address>,
    snapshotThread: Int32? = nil
  ) {
    self.images = images
    self.recorder = recorder
    self.snapshotThread = snapshotThread
  }

  /// Where the stack of a silent thread begins to matter (the program's arguments, the thread's own
  /// storage); nil for a thread that may hold something.
  func start(of thread: StoppedProcess.Thread) -> Address? {
    if thread.id == snapshotThread { return thread.frameStackPointers.last.map { Address($0) } }
    guard thread.frames.count >= 3, thread.frames.count == thread.frameStackPointers.count else {
      return nil
    }
    var isWaitingAtExit = false
    var isIdle = false
    var unnamed = 0
    for (index, address) in thread.frames.enumerated() {
      // A return address is one past its call.
      let code = Address(address) - (index == 0 ? 0 : 1)
      if recorder.contains(code) {
        isWaitingAtExit = true
        continue
      }
      guard let entry = images.entry(containing: code) else { return nil }
      let name = entry.image.path.split(separator: "/").last ?? ""
      if name.hasPrefix("libc.so") || name.hasPrefix("ld-linux") { continue }
      // Where the standard library is linked statically, libdispatch is part of the program.
      if let symbol = images.symbol(containing: code)?.name,
        DispatchLayout.idleFunctions.contains(symbol)
      {
        isIdle = isIdle || DispatchLayout.idleLoops.contains(symbol)
        continue
      }
      // Stripped, with libdispatch linked statically.
      if images.symbol(containing: code) == nil, entry.file.hasSwiftSections,
        DispatchLayout.isWorker(thread.name)
      {
        unnamed += 1
        guard unnamed <= DispatchLayout.idleDepth else { return nil }
        continue
      }
      // The program's very first frame: nothing of it is left below.
      let entryPoint = entry.address(ofLinked: entry.file.entryPoint)
      let isEntry = Range(at: entryPoint, size: 64).contains(code)
      return isEntry && (isWaitingAtExit || isIdle)
        ? Address(thread.frameStackPointers[index]) : nil
    }
    return isIdle || unnamed > 0 ? thread.frameStackPointers.last.map { Address($0) } : nil
  }
}
