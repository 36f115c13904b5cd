internal import ELF
internal import Foundation
package import HeapGraph

/// Takes the picture of a process: stops it, reads it, lets it go.
package struct ProcessCapture: Sendable {
  package let process: Int32
  /// Address of the recorder's tables in the process.
  package let recorderState: UInt64
  /// The recorder's library: its own data is not the program's.
  ///
  /// Nil where it is part of the program.
  package let recorderPath: String?
  /// The thread that waits in the recorder because it ends the program; nil where the program goes on.
  package let exitThread: Int32?

  package init(
    process: Int32,
    recorderState: UInt64,
    recorderPath: String?,
    exitThread: Int32? = nil
  ) {
    self.process = process
    self.recorderState = recorderState
    self.recorderPath = recorderPath
    self.exitThread = exitThread
  }

  /// A heap graph, and what the report says of how it was taken.
  package struct Result: Sendable {
    package var graph: HeapGraph
    package var symbols: ProgramSymbols
    package var executable: String
    package var hasSwift: Bool
    package var imagesWithoutReflection: [String]
    /// Images that were left out because other files have their names by now.
    package var replacedImages: [String]
    package var unreadableTypes: [String]
    package var unreadableBytes: Int
    /// Threads that didn't stop, by number and name: they went on during the picture.
    package var unstoppableThreads: [String]
    package var lostBlocks: UInt64
    package var lostStacks: UInt64
    /// See `RecorderTables.shortenedDepth`.
    package var shortenedDepth: Int?
    package var undecided: UndecidedChecks
    package var toolchain: String?
    /// How long the program stood still.
    package var pause: Duration
  }

  /// Stops the process, reads it, and lets it go on.
  ///
  /// Complexity: linear in the memory of the process that can hold references.
  /// `progress` is called with the name of each phase as it begins, on another thread.
  package func take(
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(CaptureError) -> Result {
    try Tracer.run { () throws(CaptureError) -> Result in
      let clock = ContinuousClock()
      let start = clock.now
      progress("stopping threads")
      let stopped = try StoppedProcess(process: process)
      defer { stopped.resume() }
      let frozen = Frozen(
        threads: stopped.threads,
        unstoppable: stopped.unstoppable,
        kernel: KernelRoots(process: process)
      )
      var result = try read(frozen, progress)
      result.pause = start.duration(to: clock.now)
      return result
    }
  }

  /// Copies this very process while its threads stand still, lets them go on, and reads the copy.
  ///
  /// Complexity: as `take`; the threads stand still only while the kernel copies the page tables.
  /// What the calling thread has on its stack for the picture's sake, in functions whose mangled names
  /// begin with one of `ownPrefixes`, names nothing. The copy is read on a thread of its own, which calls `prepare`.
  package static func ofThisProcess(
    recorderState: UInt64,
    ownPrefixes: [String],
    onTracer prepare: @escaping @Sendable () -> Void
  ) throws(CaptureError) -> Result {
    let twin = try FrozenTwin()
    defer { twin.end() }
    let capture = ProcessCapture(
      process: twin.process,
      recorderState: recorderState,
      recorderPath: nil
    )
    return try Tracer.run { () throws(CaptureError) -> Result in
      prepare()
      let frozen = Frozen(
        threads: twin.threads(),
        unstoppable: twin.unstoppable,
        ownRange: twin.ownRange,
        kernel: KernelRoots(process: getpid()),
        caller: twin.caller,
        ownPrefixes: ownPrefixes,
        symbols: .shared
      )
      var result = try capture.read(frozen) { _ in }
      result.pause = twin.pause
      return result
    }
  }

  /// What stands still, and what isn't the program's.
  private struct Frozen {
    var threads: [StoppedProcess.Thread]
    var unstoppable: [(id: Int32, name: String)]
    var ownRange: Range<UInt64> = 0..<0
    var kernel: KernelRoots
    /// The thread that asked for its own process's picture.
    var caller: Int32?
    var ownPrefixes: [String] = []
    var symbols: SymbolCache?
  }

  private func read(
    _ stopped: Frozen,
    _ progress: (String) -> Void
  ) throws(CaptureError) -> Result {
    let directory = ProcessDirectory(process: process)
    guard let map = directory.memoryMap(), !map.regions.isEmpty else {
      throw CaptureError(.processEnded, errno: ESRCH)
    }
    let reader = CachedMemoryReader(ProcessMemoryReader(process: process))
    progress("reading the recorder's tables")
    var tables = try RecorderTables(at: recorderState, of: process, reader: reader)
    if !stopped.ownRange.isEmpty { tables.addOwnRange(stopped.ownRange) }
    let images = ImageTable(
      map,
      of: process,
      reader: reader,
      excluding: recorderPath,
      symbols: stopped.symbols
    )
    let silent = SilentFrames(
      images: images,
      recorder: tables.code,
      caller: stopped.caller,
      ownPrefixes: stopped.ownPrefixes
    )
    let frames = SwiftFrames(images: images)
    let ending = stopped.threads.first { $0.id == exitThread && !frames.haveOwner($0.frames) }?.id
    let roots = RootRegions(
      map: map,
      images: images,
      tables: tables,
      threads: stopped.threads,
      silent: silent,
      ending: ending,
      ownImage: recorderPath.flatMap { ImageTable.range(of: $0, in: map) } ?? 0..<0
    )
    var picture = HeapPicture()
    picture.blocks = tables.blocks
    // The recorder wraps main's caller, too: its own frames are nobody's.
    picture.callStacks = tables.callStacks.mapValues { $0.filter { !tables.code.contains($0) } }
    picture.scopes = tables.scopes
    picture.images = images.entries.map(Self.mapped)
    picture.executableRanges = map.regions.filter(\.isExecutable).map(\.range)
    picture.rootRegions = WrittenRoots(map: map, reader: reader).parts(of: roots.regions)
    picture.freeBlocks =
      FreeContinuations(
        threadStorage: roots.threadStorage.map(\.range),
        tables: tables,
        reader: reader
      ).addresses.union(MetadataCaches.addresses(tables, images))
    let concurrent = ConcurrentTables(
      roots: picture.rootRegions,
      images: images,
      tables: tables,
      reader: reader
    )
    picture.partlyUsedBlocks = StreamBuffers(images: images, reader: reader).used
      .merging(concurrent.used) { stream, _ in stream }
    picture.registers.append(
      HeapPicture.Registers(
        root: Root(kind: .mapping, name: "the kernel (epoll, timers)"),
        words: stopped.kernel.words
      )
    )
    picture.hiddenHolders = stopped.kernel.hiddenHolders
    for thread in stopped.threads {
      let name = "thread \(thread.id) \"\(thread.name)\""
      if let saved = silent.registersBelowPicture(of: thread) {
        picture.registers.append(
          HeapPicture.Registers(
            root: Root(kind: .register, name: "registers of \(name)"),
            words: saved
          )
        )
      } else if silent.start(of: thread) == nil {
        picture.registers.append(
          HeapPicture.Registers(
            root: Root(
              kind: .register,
              name: "registers of \(name)",
              endsProgram: thread.id == ending
            ),
            words: thread.registers
          )
        )
      }
      for address in thread.frames {
        guard let symbol = images.symbol(containing: address &- 1)?.name,
          let type = UnfinishedTypes.type(ofFunction: symbol)
        else { continue }
        picture.unfinishedTypes.insert(type)
      }
      picture.threads.append(
        ThreadSnapshot(
          id: thread.id,
          name: thread.name,
          frames: thread.frames,
          frameStackPointers: thread.frameStackPointers,
          // The code that asked for the picture goes on: what it owns it must name, to release it.
          hasSwiftFrame: thread.id != stopped.caller
            && frames.haveOwner(thread.frames)
        )
      )
    }
    // What such a thread keeps where nobody looked is unknown: Swift code may be on its stack.
    picture.threads += stopped.unstoppable.map {
      ThreadSnapshot(
        id: $0.id,
        name: $0.name,
        frames: [],
        frameStackPointers: [],
        hasSwiftFrame: true
      )
    }
    let isRuntimeKnown = try checkRuntime(images, map, reader)
    progress("reading \(tables.blocks.count) blocks")
    let builder = GraphBuilder(picture: picture, reader: reader) { address in
      images.symbolName(at: address, prefix: "get_type_metadata ")
    }
    let built: GraphBuilder.Result
    do { built = try builder.build() } catch {
      throw CaptureError(.typeReader, errno: 0)
    }
    var graph = built.graph
    // Where memory can't be read, so can't be what it holds.
    if built.unreadableBytes > 0 { graph.hiddenHolders.append("memory that could not be read") }
    graph.isRuntimeKnown = isRuntimeKnown
    return Result(
      graph: graph,
      symbols: ImageSymbols(images).programSymbols,
      executable: directory.executable() ?? "",
      hasSwift: built.hasSwift,
      imagesWithoutReflection: built.imagesWithoutReflection,
      replacedImages: images.replaced,
      unreadableTypes: built.unreadableTypes,
      unreadableBytes: built.unreadableBytes,
      unstoppableThreads: stopped.unstoppable.map { "thread \($0.id) \"\($0.name)\"" },
      lostBlocks: tables.lostBlocks,
      lostStacks: tables.lostStacks,
      shortenedDepth: tables.shortenedDepth,
      undecided: tables.undecided,
      toolchain: images.entries.lazy.compactMap(\.file.swiftVersion).first,
      pause: .zero
    )
  }

  /// Whether the runtime is of a release whose layouts are known; true where there is none.
  private func checkRuntime(
    _ images: ImageTable,
    _ map: MemoryMap,
    _ reader: any MemoryReader
  ) throws(CaptureError) -> Bool {
    guard images.entries.contains(where: \.file.hasSwiftSections) else { return true }
    let code = AddressRanges(map.regions.filter(\.isExecutable).map(\.range))
    let probe = LayoutProbe(images: images, reader: reader, isExecutable: code.contains)
    switch probe.outcome() {
    case .passed: return true
    case .passedWithUnknownVersion: return false
    case .failed(let difference): throw CaptureError(unknownRuntime: difference)
    }
  }

  /// SwiftRemoteMirror reads an image's section headers where the file would have them in memory.
  static func mapped(_ entry: ImageTable.Entry) -> MappedImage {
    let file = entry.file
    let start = entry.image.range.lowerBound
    var parts: [(address: UInt64, bytes: [UInt8])] = []
    if file.hasSwiftSections {
      parts.append(
        (
          start + UInt64(file.sectionTable.lowerBound),
          file.sectionTable(movedBy: start &- entry.image.loadBias)
        )
      )
      if let names = file.section(named: ".shstrtab"), let range = file.range(of: names) {
        parts.append((start + UInt64(range.lowerBound), file.bytes(in: range)))
      }
    }
    return MappedImage(
      image: entry.image,
      hasSwiftSections: file.hasSwiftSections,
      lacksFieldRecords: file.lacksFieldRecords,
      unmappedParts: parts,
      typeRecords: entry.typeRecords
    )
  }
}

/// Tells frames of compiled Swift, which can own objects without a word on the stack.
private struct SwiftFrames {
  let images: ImageTable

  /// Bytes of `_start`, the only frame of a Swift program that is always there and owns nothing.
  private static let entrySize: UInt64 = 64

  /// The test frameworks, and the program that SwiftPM writes for a test bundle, own tests and nothing that tests
  /// made: what these leave behind when the frameworks call `exit` is theirs.
  private func isTestRunner(_ symbol: String, in path: String) -> Bool {
    let file = path.split(separator: "/").last ?? ""
    if file == "libXCTest.so" || file == "libTesting.so" { return true }
    return file.hasSuffix(".xctest")
      && (symbol == "main" || symbol.contains("PackageTests6RunnerV"))
  }

  /// Whether one of a thread's frames, innermost first, could own an object.
  func haveOwner(_ addresses: [UInt64]) -> Bool {
    addresses.indices.contains { index in
      isSwiftFrame(addresses[index])
        && !(index > 0 && isMainQueueLoop(addresses[index - 1]))
    }
  }

  /// The `main` that the compiler writes for an asynchronous program only runs the main queue: what the program's own
  /// `main` owns lies in its task.
  private func isMainQueueLoop(_ address: UInt64) -> Bool {
    images.symbol(containing: address &- 1)?.name.contains("asyncMainDrainQueue") == true
  }

  private func isSwiftFrame(_ address: UInt64) -> Bool {
    guard let entry = images.entry(containing: address), entry.file.hasSwiftSections else {
      return false
    }
    guard let symbol = images.symbol(containing: address &- 1) else {
      // Stripped: any function of a Swift image may be Swift.
      let start = entry.file.entryPoint &+ entry.image.loadBias
      return address &- start >= Self.entrySize
    }
    // The optimizer puts it into the thunk that calls it.
    if symbol.name.contains("async_Main") || isTestRunner(symbol.name, in: entry.image.path) {
      return false
    }
    return symbol.name.hasPrefix("$s") || symbol.name.hasPrefix("$S") || symbol.name == "main"
  }
}
