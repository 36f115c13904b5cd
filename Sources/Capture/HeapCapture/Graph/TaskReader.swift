internal import HeapGraph

/// Reads how tasks stand: what each of them waits for, which functions go on when it is resumed, and which parts of
/// its memory are in use.
///
/// Everything is a target's memory, so it is checked: addresses, lengths of lists, sizes.
struct TaskReader {
  let reader: any MemoryReader
  let index: BlockIndex
  let isExecutable: (Address) -> Bool

  private(set) var tasks: [TaskSnapshot] = []
  private(set) var numbers: [NodeIndex: Int] = [:]
  private(set) var memory: [NodeIndex: Int] = [:]
  /// Of each block that a task allocates in: the bytes that are in use.
  ///
  /// What lies outside is stale.
  private(set) var usedBytes: [NodeIndex: Range<Int>] = [:]

  /// What a task says of others, by address, until all are known.
  private struct Links {
    var parent: Address = 0
    var group: Address = 0
    var dependsOn: Address = 0
  }

  private var links: [Links] = []
  private var byAddress: [Address: Int] = [:]

  private static let mostFrames = 64
  private static let mostRecords = 10_000
  private static let mostSlabs = 100_000

  init(reader: any MemoryReader, index: BlockIndex, isExecutable: @escaping (Address) -> Bool) {
    self.reader = reader
    self.index = index
    self.isExecutable = isExecutable
  }

  /// Reads the tasks whose blocks are given, and the children that `async let` keeps in their memory.
  mutating func read(_ nodes: some Sequence<NodeIndex>, addresses: [UInt64]) {
    for node in nodes {
      numbers[node] = tasks.count
      add(at: Address(addresses[Int(node)]), in: node)
    }
    // Children are added while their parents are gone through.
    var next = 0
    while next < tasks.count {
      addEmbeddedChildren(of: Address(tasks[next].address))
      readSlabs(of: next, addresses)
      next += 1
    }
    connect()
  }

  private mutating func add(at address: Address, in node: NodeIndex) {
    let status = reader.load(address + TaskLayout.status, as: UInt32.self) ?? 0
    var task = TaskSnapshot(address: address.rawValue, node: node, state: Self.state(of: status))
    task.isCancelled = status & TaskLayout.Status.isCancelled != 0
    var link = Links()
    if status & TaskLayout.Status.hasDependency != 0 {
      let record = word(address + TaskLayout.dependency)
      task.wait = wait(ofKind: word(record + TaskLayout.Record.dependencyKind).rawValue)
      link.dependsOn = word(record + TaskLayout.Record.dependsOn)
    }
    let flags = reader.load(address + TaskLayout.flags, as: UInt32.self) ?? 0
    if flags & TaskLayout.Flag.isChild != 0 {
      link.parent = word(address + TaskLayout.childParent)
      if flags & TaskLayout.Flag.isGroupChild != 0 {
        task.isGroupChild = true
        link.group = word(address + TaskLayout.group)
      }
    }
    if task.state != .finished { readFrames(of: &task) }
    byAddress[address] = tasks.count
    tasks.append(task)
    links.append(link)
  }

  private static func state(of status: UInt32) -> TaskSnapshot.State {
    if status & TaskLayout.Status.isComplete != 0 { return .finished }
    if status & TaskLayout.Status.isRunning != 0 { return .running }
    return status & TaskLayout.Status.isEnqueued != 0 ? .enqueued : .suspended
  }

  private func wait(ofKind kind: UInt64) -> TaskSnapshot.Wait? {
    // `TaskDependencyStatusRecord::DependencyKind`, an enumeration of 32 bits.
    switch UInt32(truncatingIfNeeded: kind) {
    case 1: .task
    case 2: .continuation
    case 3: .group
    case 4: .executor
    default: nil
    }
  }

  /// Follows the contexts; reads nothing where the memory doesn't look like a task's.
  private func readFrames(of task: inout TaskSnapshot) {
    let address = Address(task.address)
    let function = word(address + TaskLayout.resumeFunction)
    guard isExecutable(function) else { return }
    func add(_ function: Address, resumedWith context: Address, isOfCallee: Bool) {
      task.frames.append(function.rawValue)
      task.contexts.append(
        TaskSnapshot.Context(
          resumed: context.rawValue,
          parent: word(context + TaskLayout.parentContext).rawValue,
          isOfCallee: isOfCallee
        )
      )
    }
    var context = word(address + TaskLayout.resumeContext)
    add(function, resumedWith: context, isOfCallee: false)
    var contexts = 0
    while context >= MachineLayout.leastAddress, contexts < Self.mostFrames {
      let function = word(context + TaskLayout.parentFunction)
      guard isExecutable(function) else { break }
      if contexts == 0, function.rawValue == task.frames[0] {
        // The context of a continuation names the function that it lies in once more.
        task.contexts[0].isOfCallee = true
      } else {
        add(function, resumedWith: context, isOfCallee: true)
      }
      contexts += 1
      let parent = word(context + TaskLayout.parentContext)
      guard parent != context else { break }
      context = parent
    }
  }

  /// The children of `async let` have no blocks of their own.
  private mutating func addEmbeddedChildren(of task: Address) {
    var record = word(task + TaskLayout.statusRecord)
    var records = 0
    while record >= MachineLayout.leastAddress, records < Self.mostRecords {
      records += 1
      if word(record).rawValue & TaskLayout.Record.kindMask == TaskLayout.Record.childTask {
        var child = word(record + TaskLayout.Record.firstChild)
        while child >= MachineLayout.leastAddress, byAddress[child] == nil,
          records < Self.mostRecords,
          let node = index.block(containing: child)
        {
          records += 1
          add(at: child, in: node)
          child = word(child + TaskLayout.nextChild)
        }
      }
      record = word(record + TaskLayout.Record.parent)
    }
  }

  /// Slabs are filled from their start, and kept when they are empty.
  private mutating func readSlabs(of number: Int, _ addresses: [UInt64]) {
    let task = tasks[number]
    let address = Address(task.address)
    var slab = word(address + TaskLayout.firstSlab)
    var count = 0
    while slab >= MachineLayout.leastAddress, count < Self.mostSlabs,
      let node = index.block(containing: slab),
      let capacity = reader.load(slab + TaskLayout.Slab.capacity, as: UInt32.self),
      let used = reader.load(slab + TaskLayout.Slab.used, as: UInt32.self), used <= capacity
    {
      count += 1
      let start = Address(addresses[Int(node)])
      if start == slab, numbers[node] == nil {
        guard memory[node] == nil else { return }
        memory[node] = number
        usedBytes[node] = 0..<Int(TaskLayout.Slab.headerSize) + Int(used)
      } else if start == address, let offset = slab.offset(from: start) {
        // The first slab of a task often lies behind the task, in the same block.
        usedBytes[node] =
          task.state == .finished
          ? result(ofTaskAt: start)
          : Metadata.objectHeaderSize..<offset + Int(TaskLayout.Slab.headerSize) + Int(used)
      }
      slab = word(slab + TaskLayout.Slab.next)
    }
  }

  /// A finished task has released everything but its result; words of its closure and its first frame stay behind.
  private func result(ofTaskAt task: Address) -> Range<Int> {
    let flags = reader.load(task + TaskLayout.flags, as: UInt32.self) ?? 0
    guard flags & TaskLayout.Flag.isFuture != 0 else { return 0..<0 }
    var future = TaskLayout.privateEnd
    if flags & TaskLayout.Flag.isChild != 0 { future += 16 }
    if flags & TaskLayout.Flag.isGroupChild != 0 { future += 8 }
    let type = word(task + future + TaskLayout.resultType)
    let mask = reader.alignmentMask(ofMetadata: type) ?? 7
    let start = (future + TaskLayout.futureHeaderSize + mask) & ~mask
    let size = reader.size(ofMetadata: type) ?? 0
    // With the error before it.
    return Int(future)..<Int(start + min(size, Self.largestResult))
  }

  private static let largestResult: UInt64 = 1 << 20

  private mutating func connect() {
    var groups: [Address: [Int]] = [:]
    for (number, link) in links.enumerated() {
      tasks[number].parent = byAddress[link.parent]
      if link.group != 0, tasks[number].state != .finished {
        groups[link.group, default: []].append(number)
      }
    }
    for (number, link) in links.enumerated() {
      switch tasks[number].wait {
      case .task:
        if let other = byAddress[link.dependsOn], tasks[other].state != .finished {
          tasks[number].waitsFor = [other]
        }
      case .group: tasks[number].waitsFor = groups[link.dependsOn] ?? []
      case .continuation, .executor, nil: break
      }
    }
  }

  /// 0 where the memory can't be read.
  private func word(_ address: Address) -> Address {
    guard address >= MachineLayout.leastAddress else { return 0 }
    return reader.load(address, as: Address.self) ?? 0
  }
}
