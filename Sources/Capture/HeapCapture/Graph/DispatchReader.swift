internal import HeapGraph

/// What dispatch sources and queues are recognized by in a process, and what they hold.
///
/// A source owns its handlers. Who owns the source, its counts say: the program, through `DispatchSource`, or the system,
/// while the source is armed, or waits in a queue.
package struct DispatchReader {
  private let reader: any MemoryReader
  private let sourceTable: Address
  private let queueTables: Set<Address>
  /// Where a queue has the address of its label.
  private let labelOffset: UInt64?
  var symbolNames: (Address) -> [String]

  private typealias Source = DispatchLayout.Source

  /// A dispatch source as its memory describes it.
  struct SourceState: Equatable {
    /// Its references by the program, where they are all that there are; nil where the system may hold it, too.
    var count: UInt32?
    /// The blocks that are its handlers.
    var handlers: [(name: String, block: Address)] = []
    var description: String

    static func == (left: SourceState, right: SourceState) -> Bool {
      left.count == right.count && left.description == right.description
        && left.handlers.elementsEqual(right.handlers, by: ==)
    }
  }

  init(
    reader: any MemoryReader,
    sourceTable: Address,
    queueTables: Set<Address> = [],
    labelOffset: UInt64? = nil,
    symbolNames: @escaping (Address) -> [String]
  ) {
    self.reader = reader
    self.sourceTable = sourceTable
    self.queueTables = queueTables
    self.labelOffset = labelOffset
    self.symbolNames = symbolNames
  }

  /// Nil where a process has no libdispatch, or one without symbols.
  package init?(_ images: ImageTable, reader: any MemoryReader) {
    guard let library = images.home(ofLibrary: "libdispatch"),
      let sources = images.address(of: Source.table, in: library)
    else { return nil }
    // What debuggers read, too: its version, then where the label is (`queue_internal.h`).
    let offsets = images.address(of: DispatchLayout.Queue.offsets, in: library)
    self.init(
      reader: reader,
      sourceTable: sources,
      queueTables: Set(
        DispatchLayout.Queue.tables.compactMap { images.address(of: $0, in: library) }
      ),
      labelOffset: offsets.flatMap { reader.load($0 + 2, as: UInt16.self) }.map(UInt64.init)
    ) { [images] address in
      images.symbolNames(at: address)
    }
  }

  /// Nil where a block isn't a source.
  func source(at address: Address, table: Address, size: UInt64) -> SourceState? {
    guard table == sourceTable, size >= Source.refs + 8 else { return nil }
    guard let references = reader.load(address + Source.externalCount, as: Int32.self),
      let count = reader.load(address + Source.internalCount, as: Int32.self),
      let flags = reader.load(address + Source.flags, as: UInt32.self),
      let state = reader.load(address + Source.state, as: UInt64.self),
      let refs = reader.load(address + Source.refs, as: Address.self)
    else { return nil }
    var source = SourceState(description: "dispatch source")
    let kind = reader.load(refs, as: Address.self).flatMap(kind)
    if let kind { source.description = "\(kind) source" }
    if let queue = reader.load(address + Source.targetQueue, as: Address.self).flatMap(label) {
      source.description += " on the queue \"\(queue)\""
    }
    // What the source was made for hasn't begun, or only the program can bring it about.
    let isIdle =
      reader.load(refs + Source.Refs.registration, as: UInt64.self) == 0
      || kind.map(Source.programKinds.contains) == true
    if isIdle, references >= 0, Source.isOwned(count: count, flags: flags, state: state) {
      source.count = UInt32(references) + 1
    }
    for (offset, name) in Source.Refs.handlers {
      guard let handler = reader.load(refs + offset, as: Address.self), handler != 0,
        let flags = reader.load(handler, as: UInt64.self),
        flags & DispatchLayout.Continuation.isBlock != 0,
        let block = reader.load(handler + DispatchLayout.Continuation.context, as: Address.self)
      else { continue }
      source.handlers.append((name, block))
    }
    return source
  }

  /// `dispatch queue "label"`; nil where a block isn't a queue, or has no label.
  func queue(at address: Address, table: Address) -> String? {
    guard queueTables.contains(table) else { return nil }
    return label(ofQueue: address).map { "dispatch queue \"\($0)\"" }
  }

  private func label(ofQueue queue: Address) -> String? {
    guard let labelOffset, queue >= MachineLayout.leastAddress,
      let label = reader.load(queue + labelOffset, as: Address.self),
      label >= MachineLayout.leastAddress
    else { return nil }
    let text = reader.cString(at: label, limit: 256) ?? ""
    return text.isEmpty ? nil : text
  }

  /// What a source is for, such as `timer` or `data`.
  private func kind(ofType type: Address) -> String? {
    symbolNames(type).lazy.compactMap { name -> String? in
      guard name.hasPrefix(Source.typePrefix) else { return nil }
      return String(name.dropFirst(Source.typePrefix.count).prefix { $0 != "_" })
    }.first
  }
}
