internal import HeapGraph

/// A process at rest, as data: all that is known of it, however it was stopped and wherever its memory is.
///
/// What reads a snapshot takes no process number: another source (a core file, say) is a file beside the others.
struct ProcessSnapshot {
  /// Doesn't change while the snapshot lasts.
  var memory: any MemoryReader
  var map: MemoryMap
  /// The executable and the libraries that are mapped, with their files.
  var images: ImageTable
  var allocations: AllocationTable
  var threads: [StoppedProcess.Thread]
  /// Threads that didn't stop, by number and name: they went on.
  var unstoppable: [(id: Int32, name: String)]
  /// Words of the process that only the kernel has.
  var kernel: KernelRoots
  /// The path of the program; empty where it isn't known.
  var executable: String
  /// Where the preloaded recorder's library lies, whose data is its own; empty where it is part of the program.
  var recorderImage: Range<Address> = 0..<0
  /// The thread that waits in the recorder because it ends the program; nil where the program goes on.
  var exitThread: Int32?
  /// The thread that takes the snapshot of its own process, and has nothing of the program's on its stack; nil where
  /// another process takes it.
  var snapshotThread: Int32?
  /// The thread that asked for the snapshot of its own process, and waits for it.
  var waitingThread: Int32?
}
