internal import HeapGraph

/// Reads where a task stands: the functions that go on when it is resumed, innermost first.
///
/// Swift 6.3, 64 bits, `include/swift/ABI/Task.h`: a `Job` ends with the function that runs it, an
/// `AsyncTask` goes on with the context of that function, and every context begins with its parent
/// and with the function that the parent goes on with.
struct SuspendedTask {
  private static let resumeFunction: UInt64 = 56
  private static let resumeContext: UInt64 = 64
  private static let parentContext: UInt64 = 0
  private static let parentFunction: UInt64 = 8
  private static let mostFrames = 64

  /// Addresses of functions; empty where the task has ended or its memory doesn't look like one.
  static func frames(
    ofTaskAt task: UInt64,
    reader: any MemoryReader,
    isExecutable: (UInt64) -> Bool
  ) -> [UInt64] {
    guard let function = reader.load(task + resumeFunction, as: UInt64.self),
      isExecutable(function)
    else { return [] }
    var frames = [function]
    var context = reader.load(task + resumeContext, as: UInt64.self) ?? 0
    while context >= leastValidPointer, frames.count < mostFrames,
      let function = reader.load(context + parentFunction, as: UInt64.self),
      isExecutable(function)
    {
      frames.append(function)
      context = reader.load(context + parentContext, as: UInt64.self) ?? 0
    }
    return frames
  }
}
