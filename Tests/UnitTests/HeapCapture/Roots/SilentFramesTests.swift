import HeapGraph
import Testing

@testable import HeapCapture

@Suite struct SilentFramesTests {
  private static let recorder: Range<Address> = 0x6000_0000..<0x6000_1000

  private let program: FakeImage
  private let libc: FakeImage
  private let dispatch: FakeImage
  private let images: ImageTable

  init() throws {
    program = try FakeImage(
      path: "/app/server",
      at: 0x4000_0000,
      functions: ["_start", "main", "$s3App4workyyF", "$s7Remnant4scanyyF", "$sSa6appendyyxF"],
      hasSwift: true
    )
    libc = try FakeImage(
      path: "/lib/x86_64-linux-gnu/libc.so.6",
      at: 0x7000_0000,
      functions: ["poll", "clone3", "__libc_start_main"]
    )
    dispatch = try FakeImage(
      path: "/usr/lib/swift/linux/libdispatch.so",
      at: 0x7100_0000,
      functions: [
        "_dispatch_worker_thread", "_dispatch_sema4_wait", "_dispatch_sigsuspend",
        "_dispatch_client_callout",
      ],
      hasSwift: true
    )
    images = ImageTable(entries: [program.entry, libc.entry, dispatch.entry])
  }

  private func thread(
    _ frames: [Address],
    id: Int32 = 1,
    name: String = "worker"
  ) -> StoppedProcess.Thread {
    StoppedProcess.Thread(
      id: id,
      name: name,
      stackPointer: 0x1000,
      threadPointer: 0,
      registers: [],
      frames: frames.map(\.rawValue),
      frameStackPointers: frames.indices.map { 0x1000 + UInt64($0) * 0x100 }
    )
  }

  private func silent(snapshotThread: Int32? = nil) -> SilentFrames {
    SilentFrames(images: images, recorder: Self.recorder, snapshotThread: snapshotThread)
  }

  @Test(
    "The thread that waits in the recorder after `main` returned holds what lies above its first frame"
  )
  func atExit() {
    let frames = [
      libc.address(of: "poll"), Self.recorder.lowerBound + 8, libc.address(of: "__libc_start_main"),
      program.address(of: "_start"),
    ]
    #expect(silent().start(of: thread(frames)) == 0x1300)
    // Elsewhere than in the recorder, it is the program that waits.
    var waiting = frames
    waiting[1] = libc.address(of: "poll")
    #expect(silent().start(of: thread(waiting)) == nil)
    // `exit` was called by a function that may own something.
    #expect(
      silent().start(
        of: thread([
          libc.address(of: "poll"), Self.recorder.lowerBound + 8, program.address(of: "main"),
          program.address(of: "_start"),
        ])
      ) == nil
    )
  }

  @Test("A worker of libdispatch without work holds nothing; one that runs a block does")
  func workers() {
    let idle = [
      libc.address(of: "poll"), dispatch.address(of: "_dispatch_sema4_wait"),
      dispatch.address(of: "_dispatch_worker_thread"), libc.address(of: "clone3"),
    ]
    #expect(silent().start(of: thread(idle)) == 0x1300)
    #expect(
      silent().start(
        of: thread([
          libc.address(of: "poll"), program.address(of: "$s3App4workyyF"),
          dispatch.address(of: "_dispatch_client_callout"),
          dispatch.address(of: "_dispatch_worker_thread"), libc.address(of: "clone3"),
        ])
      ) == nil
    )
    // One that waits for a semaphore, and isn't in a loop of libdispatch's.
    #expect(silent().start(of: thread([idle[0], idle[1], idle[3]])) == nil)
  }

  @Test("Stripped, a worker is known by its thread's name, and by how few functions it is in")
  func stripped() {
    func worker(_ depth: Int, _ name: String) -> Address? {
      silent().start(
        of: thread(
          [libc.address(of: "poll")] + Array(repeating: dispatch.nameless, count: depth)
            + [libc.address(of: "clone3")],
          name: name
        )
      )
    }
    #expect(worker(3, "oot.default-qos") == 0x1400)
    #expect(worker(4, "qos.overcommit") == nil)
    #expect(worker(4, "t-qos.overcommit") == 0x1500)
    #expect(worker(5, "oot.default-qos") == nil)
    #expect(worker(3, "server") == nil)
  }

  @Test("A stack that could not be unwound to its start may hold anything")
  func incomplete() {
    let idle = [
      dispatch.address(of: "_dispatch_sema4_wait"),
      dispatch.address(of: "_dispatch_worker_thread"),
    ]
    #expect(silent().start(of: thread(idle)) == nil)
    #expect(silent().start(of: thread([])) == nil)
    // Code that no image has.
    #expect(silent().start(of: thread(idle + [0x10, libc.address(of: "clone3")])) == nil)
    #expect(silent().start(of: thread(idle + [0, .max])) == nil)
    var cut = thread(idle + [libc.address(of: "clone3")])
    #expect(silent().start(of: cut) == 0x1200)
    cut.frameStackPointers.removeLast()
    #expect(silent().start(of: cut) == nil)
  }

  @Test("The thread that takes the snapshot of its own process holds nothing, whatever it runs")
  func snapshotThread() {
    let frames = [
      libc.address(of: "poll"), program.address(of: "$s3App4workyyF"), 0x10,
      libc.address(of: "clone3"),
    ]
    let thread = thread(frames, id: 7)
    #expect(silent(snapshotThread: 7).start(of: thread) == 0x1300)
    #expect(silent(snapshotThread: 8).start(of: thread) == nil)
    #expect(silent(snapshotThread: 7).start(of: self.thread([], id: 7)) == nil)
  }
}
