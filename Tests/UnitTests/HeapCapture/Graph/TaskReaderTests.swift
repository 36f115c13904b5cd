import Foundation
import HeapGraph
import Testing

@testable import HeapCapture

/// Real tasks of this process in known states pin the layout; invented ones show that damaged memory does no harm.
@Suite struct TaskReaderTests {
  private final class Box: @unchecked Sendable {
    var continuation: UnsafeContinuation<Int, Never>?
  }

  private static func address<Success, Failure>(_ task: Task<Success, Failure>) -> Address {
    Address(UInt64(unsafeBitCast(task, to: UInt.self)))
  }

  private static func state(_ address: Address) throws -> TaskSnapshot {
    try #require(try InProcess.graph(ofAddresses: [address]).tasks.first)
  }

  /// Waits until a task is seen to wait for something of a kind.
  private static func settled(
    _ address: Address,
    _ isMeant: (TaskSnapshot) -> Bool
  ) async throws -> TaskSnapshot {
    var task = try state(address)
    for _ in 0..<20 where !isMeant(task) {
      try await Task.sleep(for: .milliseconds(20))
      task = try state(address)
    }
    try #require(isMeant(task), "\(task)")
    return task
  }

  @Test(
    "A suspended task says that it waits for a continuation, and where; a finished one has no frames"
  )
  func continuation() async throws {
    let box = Box()
    let task = Task.detached { await withUnsafeContinuation { box.continuation = $0 } }
    let waiting = try await Self.settled(Self.address(task)) { $0.wait == .continuation }
    #expect(waiting.state == .suspended)
    #expect(!waiting.frames.isEmpty)
    #expect(waiting.ownsItself)
    #expect(!waiting.isCancelled)
    task.cancel()
    #expect(try Self.state(Self.address(task)).isCancelled)

    box.continuation?.resume(returning: 1)
    _ = await task.value
    let finished = try await Self.settled(Self.address(task)) { $0.state == .finished }
    #expect(finished.frames.isEmpty)
    #expect(!finished.ownsItself)
  }

  @Test("A task that waits for another one's value names it")
  func value() async throws {
    let box = Box()
    let first = Task.detached { await withUnsafeContinuation { box.continuation = $0 } }
    let second = Task.detached { await first.value }
    _ = try await Self.settled(Self.address(second)) { $0.wait == .task }
    let graph = try InProcess.graph(ofAddresses: [Self.address(first), Self.address(second)])
    let number = try #require(
      graph.tasks.firstIndex { Address($0.address) == Self.address(second) }
    )
    #expect(
      graph.tasks[number].waitsFor.map { Address(graph.tasks[$0].address) } == [Self.address(first)]
    )
    _ = try await Self.settled(Self.address(first)) { $0.wait == .continuation }
    box.continuation?.resume(returning: 1)
    _ = await second.value
  }

  @Test("A task of async let is found in its parent's memory, and the parent waits for it")
  func asyncLet() async throws {
    let box = Box()
    let parent = Task.detached {
      async let child = withUnsafeContinuation { box.continuation = $0 }
      return await child
    }
    _ = try await Self.settled(Self.address(parent)) { $0.wait == .task }
    for _ in 0..<5_000 where box.continuation == nil {
      try await Task.sleep(for: .milliseconds(20))
    }
    let reader = InProcess.reader
    var slabs: [Address] = []
    var slab = reader.load(Self.address(parent) + TaskLayout.firstSlab, as: Address.self) ?? 0
    while slab != 0, slabs.count < 100 {
      // The first one often lies in the task's own block, or just behind it in a block of its own.
      let task = Self.address(parent)
      if !(task..<task + InProcess.size(ofBlockAt: task)).contains(slab) { slabs.append(slab) }
      slab = reader.load(slab + TaskLayout.Slab.next, as: Address.self) ?? 0
    }
    let graph = try InProcess.graph(ofAddresses: [Self.address(parent)] + slabs)
    try #require(graph.tasks.count == 2, "\(graph.tasks) \(slabs)")
    let child = try #require(graph.tasks.last)
    #expect(child.parent == 0)
    #expect(graph.tasks[0].waitsFor == [1])
    #expect(graph.taskNumbers.count == 1)
    box.continuation?.resume(returning: 1)
    _ = await parent.value
  }

  // MARK: Damaged memory

  private static let code: Address = 0x1000_0000
  private static let task: Address = 0x2000_0000

  private func read(_ memory: FakeMemory, size: UInt64 = 512) -> TaskReader {
    let index = BlockIndex(addresses: [Self.task.rawValue], sizes: [size])
    var reader = TaskReader(reader: memory, index: index) { $0 == Self.code }
    reader.read([0], addresses: [Self.task.rawValue])
    return reader
  }

  @Test("A task whose memory can't be read is suspended nowhere")
  func unreadable() {
    let reader = read(FakeMemory())
    #expect(reader.tasks.count == 1)
    #expect(reader.tasks[0].frames.isEmpty)
    #expect(reader.usedBytes.isEmpty)
  }

  @Test("Lists that lead back to themselves come to an end")
  func circles() {
    var memory = FakeMemory()
    // Its context, its records, and its slabs name themselves.
    let context: Address = 0x3000_0000
    memory.write(context, Self.code, at: context)
    memory.write(Self.code, context, at: Self.task + TaskLayout.resumeFunction)
    let record: Address = 0x3000_1000
    memory.write(0, record, Self.task, at: record)
    memory.write(record, at: Self.task + TaskLayout.statusRecord)
    let slab = Self.task + 256
    memory.write(0, slab.rawValue, 64 | 16 << 32, at: slab)
    memory.write(slab, at: Self.task + TaskLayout.firstSlab)
    let reader = read(memory)
    #expect(reader.tasks[0].frames == [Self.code.rawValue])
    #expect(reader.usedBytes[0] == 16..<256 + 32 + 16)
  }

  // MARK: Tasks that a test writes

  /// Contexts of which each is the parent of the one before it, all of functions that may be the same.
  private func contexts(_ functions: [Address], isContinuation: Bool) -> TaskSnapshot {
    var memory = FakeMemory()
    let contexts = functions.indices.map { Address(0x3000_0000 + UInt64($0) * 0x100) }
    memory.write(functions[0], contexts[0], at: Self.task + TaskLayout.resumeFunction)
    for (index, context) in contexts.enumerated() {
      let parent = index + 1 < contexts.count ? contexts[index + 1] : 0
      // A context names the function that its parent goes on with; that of a continuation, its own.
      let next =
        isContinuation && index == 0 ? functions[0] : parent == 0 ? 0 : functions[index + 1]
      memory.write(parent, next, at: context)
    }
    let index = BlockIndex(addresses: [Self.task.rawValue], sizes: [512])
    var reader = TaskReader(reader: memory, index: index) { functions.contains($0) }
    reader.read([0], addresses: [Self.task.rawValue])
    return reader.tasks[0]
  }

  @Test("Each suspended function has a context of its own, however often it calls itself")
  func recursion() {
    let functions: [Address] = [0x1000_0000, 0x1000_0040, 0x1000_0040, 0x1000_0080]
    let task = contexts(functions, isContinuation: false)
    #expect(task.frames == functions.map(\.rawValue))
    // The first is resumed with its own context, the others with that of the function that they called.
    #expect(task.contexts.map(\.isOfCallee) == [false, true, true, true])
    #expect(task.contexts.map(\.start) == [0x3000_0000, 0x3000_0100, 0x3000_0200, 0x3000_0300])
  }

  @Test("A continuation's context lies in that of the function that waits for it")
  func contextOfContinuation() {
    let task = contexts([0x1000_0000, 0x1000_0000, 0x1000_0040], isContinuation: true)
    #expect(task.frames == [0x1000_0000, 0x1000_0040])
    #expect(task.contexts.map(\.isOfCallee) == [true, true])
    #expect(task.contexts.map(\.resumed) == [0x3000_0000, 0x3000_0100])
    #expect(task.contexts.map(\.start) == [0x3000_0100, 0x3000_0200])
  }

  private static let group: Address = 0x4000_0000
  private static let record: Address = 0x3000_0000

  /// A task that waits for its group, and two children in it, of which the second has finished.
  private func groupTasks(waitsFor kind: UInt64) -> [TaskSnapshot] {
    let tasks = (0..<3).map { Self.task + $0 * 0x1000 }
    var memory = FakeMemory()
    memory.writeNumber(TaskLayout.Status.hasDependency, at: tasks[0] + TaskLayout.status)
    memory.write(Self.record, at: tasks[0] + TaskLayout.dependency)
    memory.write(Self.group, at: Self.record + TaskLayout.Record.dependsOn)
    memory.write(kind, at: Self.record + TaskLayout.Record.dependencyKind)
    for child in tasks.dropFirst() {
      let flags = TaskLayout.Flag.isChild | TaskLayout.Flag.isGroupChild
      memory.writeNumber(flags, at: child + TaskLayout.flags)
      memory.write(tasks[0], 0, Self.group, at: child + TaskLayout.childParent)
    }
    memory.writeNumber(TaskLayout.Status.isComplete, at: tasks[2] + TaskLayout.status)
    let index = BlockIndex(addresses: tasks.map(\.rawValue), sizes: [512, 512, 512])
    var reader = TaskReader(reader: memory, index: index) { _ in false }
    reader.read([0, 1, 2], addresses: tasks.map(\.rawValue))
    return reader.tasks
  }

  @Test("A task that waits for its group waits for those children that haven't finished")
  func group() {
    let tasks = groupTasks(waitsFor: 3)
    #expect(tasks.map(\.wait) == [.group, nil, nil])
    #expect(tasks[0].waitsFor == [1])
    #expect(tasks.map(\.parent) == [nil, 0, 0])
    #expect(tasks.map(\.isGroupChild) == [false, true, true])
    #expect(tasks.map(\.state) == [.suspended, .suspended, .finished])
  }

  @Test("What a task waits for in a way that isn't known, nobody knows")
  func unknownWaits() {
    for kind: UInt64 in [0, 5, 0xffff_ffff, .max] {
      #expect(groupTasks(waitsFor: kind)[0].wait == nil)
      #expect(groupTasks(waitsFor: kind)[0].waitsFor.isEmpty)
    }
    // Only 32 bits are the kind.
    #expect(groupTasks(waitsFor: 1 << 32 | 4)[0].wait == .executor)
  }

  @Test("Of a finished task only its result is in use, however large its type claims to be")
  func result() {
    for (size, flags, expected) in [
      (8, 7, 208..<240), (.max, 7, 208..<232 + 1 << 20), (8, 15, 208..<248), (0, 0xff, 208..<256),
    ] as [(UInt64, UInt32, Range<Int>)] {
      var memory = FakeMemory()
      memory.writeNumber(TaskLayout.Status.isComplete, at: Self.task + TaskLayout.status)
      memory.writeNumber(TaskLayout.Flag.isFuture, at: Self.task + TaskLayout.flags)
      let type = memory.addStatic(size: 16) + 8
      let witnesses = memory.addStatic(size: 96)
      memory.write(witnesses, at: type - Metadata.valueWitnesses)
      memory.write(size, at: witnesses + Metadata.witnessSize)
      memory.writeNumber(flags, at: witnesses + Metadata.witnessFlags)
      memory.write(type, at: Self.task + TaskLayout.privateEnd + TaskLayout.resultType)
      let slab = Self.task + 256
      memory.write(slab, at: Self.task + TaskLayout.firstSlab)
      memory.write(0, 0, 64 | 16 << 32, at: slab)
      #expect(read(memory).usedBytes == [0: expected])
    }
  }

  @Test("A slab that says more than it can have is not believed")
  func slab() {
    var memory = FakeMemory()
    let slab = Self.task + 256
    memory.write(0, 0, 16 | 0xffff_ffff << 32, at: slab)
    memory.write(slab, at: Self.task + TaskLayout.firstSlab)
    #expect(read(memory).usedBytes.isEmpty)
  }

  @Test("Addresses at the end of the address space wrap, and are not read")
  func wrapping() {
    var memory = FakeMemory()
    memory.write(.max, .max, at: Self.task + TaskLayout.resumeFunction)
    memory.write(.max, at: Self.task + TaskLayout.statusRecord)
    memory.write(.max - 7, at: Self.task + TaskLayout.firstSlab)
    memory.write(UInt64(TaskLayout.Status.hasDependency), at: Self.task + TaskLayout.status)
    memory.write(.max - 16, at: Self.task + TaskLayout.dependency)
    #expect(read(memory).tasks[0].frames.isEmpty)
  }
}
