/// A heap at one moment: its blocks, the references between them, and the roots that hold them.
///
/// Stored flat, because ten million blocks must fit and be quick: a block is a `NodeIndex` into
/// parallel arrays, and the edges that leave node `n` are `edges[edgeStarts[n]..<edgeStarts[n + 1]]`.
///
/// The graph says what was seen and how sure that is. It doesn't judge: `HeapAnalysis` does.
package struct HeapGraph: Sendable {
  // MARK: Blocks, in order of address

  /// Where each block begins.
  package var addresses: [UInt64] = []
  /// How many bytes the program asked for.
  package var sizes: [UInt64] = []
  /// Index into `types`.
  package var typeIndices: [UInt32] = []
  /// Key into `callStacks`; 0 where no stack was recorded.
  package var stackIDs: [UInt32] = []
  /// When the block was allocated: a smaller number is older, within one graph.
  package var births: [UInt32] = []
  /// Strong references that the count word states, without the runtime's bias; 0 for raw memory.
  package var strongCounts: [UInt32] = []
  /// Unowned references that the count word states, without the runtime's own one.
  package var unownedCounts: [UInt32] = []
  /// Weak references that the side table states, without the runtime's own one.
  package var weakCounts: [UInt32] = []
  package var states: [NodeState] = []

  // MARK: Edges

  /// One more entry than there are nodes.
  package var edgeStarts: [UInt32] = [0]
  package var edges: [Edge] = []

  // MARK: Tables that nodes and edges index into

  package var types: [HeapType] = []
  package var labels: [EdgeLabel] = []
  /// Return addresses of each recorded call stack, innermost first.
  package var callStacks: [UInt32: [UInt64]] = [:]
  /// Of call stacks in a scope of the program's own, such as a test: its number.
  package var scopes: [UInt32: UInt16] = [:]
  /// In the numbers of scopes whose leaks the program itself accepts (`REMNANT_ACCEPTED_SCOPES`).
  package static let acceptedScopes: UInt16 = 0x8000
  /// Of an object that is accepted with all that it is leaked with (`REMNANT_ADOPTED_SCOPE`).
  package static let adoptedScope: UInt16 = 0xffff

  // MARK: What holds the heap from outside

  package var roots: [Root] = []
  package var rootEdges: [RootEdge] = []
  package var threads: [ThreadSnapshot] = []
  package var images: [LoadedImage] = []
  /// Every task that was found, in order of address; those that `async let` keeps in a parent's memory come last.
  package var tasks: [TaskSnapshot] = []
  /// Of each block that is a task: its position in `tasks`.
  package var taskNumbers: [NodeIndex: Int] = [:]
  /// Of each block of raw memory that holds the frames of a task: the task's position in `tasks`.
  package var taskMemory: [NodeIndex: Int] = [:]
  /// What is known of single blocks besides their types, such as the label of a dispatch queue.
  package var descriptions: [NodeIndex: String] = [:]
  /// Types, without module and generic arguments, whose `init` or `deinit` was on a stack.
  package var unfinishedTypes: Set<String> = []
  /// What else could hold blocks, and can't be read: one short name each.
  package var hiddenHolders: [String] = []
  /// False where the Swift runtime is of a release whose layouts were never tried: then nothing is proven.
  package var isRuntimeKnown = true

  package init() {}

  package var nodeCount: Int { addresses.count }

  /// The references that leave a node.
  package func edges(of node: NodeIndex) -> ArraySlice<Edge> {
    edges[Int(edgeStarts[Int(node)])..<Int(edgeStarts[Int(node) + 1])]
  }

  package func type(of node: NodeIndex) -> HeapType { types[Int(typeIndices[Int(node)])] }

  package func label(of edge: Edge) -> EdgeLabel { labels[Int(edge.label)] }

  /// The node that contains an address, by binary search over the blocks.
  package func node(containing address: UInt64) -> NodeIndex? {
    let candidate = addresses.partitioningIndex { $0 > address } - 1
    guard candidate >= 0 else { return nil }
    // A block of no bytes still has an address of its own.
    return address - addresses[candidate] < max(sizes[candidate], 1) ? NodeIndex(candidate) : nil
  }
}

/// A block's position in the arrays of its graph.
package typealias NodeIndex = UInt32

/// What a block's reference-count word says about its life.
package enum NodeState: UInt8, Sendable {
  /// Not a Swift object: no count word.
  case raw
  case live
  /// Its `deinit` runs at this moment: it acts as a root.
  case deiniting
  /// Its `deinit` is over; unowned references keep its memory. It contributes no edges.
  case deinited
  /// Never freed by counting (static and immortal objects): it acts as a root.
  case immortal
}

/// One reference from a block to another.
package struct Edge: Sendable, Equatable {
  package var target: NodeIndex
  /// Index into `HeapGraph.labels`.
  package var label: UInt32
  /// Bytes from the start of the referring block to the word.
  package var offset: UInt32

  package init(target: NodeIndex, label: UInt32, offset: UInt32) {
    self.target = target
    self.label = label
    self.offset = offset
  }
}

/// How a reference owns its target.
package enum Ownership: String, Sendable, Hashable, Codable {
  /// Typed as strong: contributes exactly one to the target's strong count.
  case strong
  case unowned
  case weak
  /// `Unmanaged`, `unowned(unsafe)`.
  case unmanaged
  /// Looks like a reference, in memory that no type describes: contributes to `possible` only.
  case conservative
}

/// What a reference is called: shared by all edges that leave the same slot of the same type.
package struct EdgeLabel: Sendable, Hashable {
  /// As a person would write it: `pet`, `handlers[]`, `state.connected`, `capture 0`.
  package var name: String
  package var ownership: Ownership
  /// Where `name` is a stored closure: the address of its function; 0 otherwise.
  package var functionAddress: UInt64
  /// The type that declares the slot (a superclass for inherited ones), fully qualified.
  package var declaringType: String
  /// The slot's own type where it is known, fully qualified: the captured type of a capture.
  package var slotType: String

  /// What a task's group of child tasks is called.
  package static let groupName = "group"

  package init(
    name: String,
    ownership: Ownership,
    functionAddress: UInt64 = 0,
    declaringType: String = "",
    slotType: String = ""
  ) {
    self.name = name
    self.ownership = ownership
    self.functionAddress = functionAddress
    self.declaringType = declaringType
    self.slotType = slotType
  }
}

/// What a block is.
package struct HeapType: Sendable, Hashable {
  package enum Kind: String, Sendable {
    /// An instance of a Swift class or actor, other than the storage of a standard collection.
    case classInstance
    /// The storage of an array, dictionary or set: a class instance that no user wrote.
    case collectionStorage
    case closureContext
    /// Holds a captured variable, an indirect case or an existential's value.
    case box
    case errorBox
    case asyncTask
    /// A closure in the form that C code calls, with a count of its own.
    case cBlock
    /// An object of a C library that has counts of its own, such as a dispatch source.
    case foreign
    /// Swift metadata that this version can't read: scanned conservatively.
    case opaque
    /// Not a Swift object.
    case raw
  }

  package var kind: Kind
  /// Fully qualified, as `String(reflecting:)` prints it; a description for what isn't a class.
  package var name: String
  /// Address of the metadata; 0 for raw memory.
  package var metadata: UInt64
  /// The names of a class's superclasses, the nearest first.
  package var superclasses: [String] = []

  package init(kind: Kind, name: String, metadata: UInt64 = 0) {
    self.kind = kind
    self.name = name
    self.metadata = metadata
  }

  /// What C blocks are called: none has a name of its own.
  package static let cBlockName = "C block"

  /// What isn't a Swift object.
  package static let raw = HeapType(kind: .raw, name: "raw memory")

  /// Whether it has a class: instances of `classInstance` alone count in `leakedTypes`.
  package var isClassInstance: Bool { kind == .classInstance || kind == .collectionStorage }
}

/// Something outside the heap that holds blocks.
package struct Root: Sendable, Hashable {
  package enum Kind: String, Sendable {
    case global, threadStack, register, threadLocal, mapping
  }

  package var kind: Kind
  /// `App.cache` for a global, `thread 4711 "worker"` for a stack, the mapping's name otherwise.
  package var name: String
  /// Whether its words are those of a thread that ends the program, and in none of whose functions anything is owned but
  /// by counts: it never goes on, so what it names and doesn't own is nothing to it.
  package var endsProgram: Bool

  package init(kind: Kind, name: String, endsProgram: Bool = false) {
    self.kind = kind
    self.name = name
    self.endsProgram = endsProgram
  }
}

/// A word outside the heap that looks like a reference to a block.
package struct RootEdge: Sendable, Equatable {
  /// Index into `HeapGraph.roots`.
  package var root: UInt32
  package var target: NodeIndex
  /// Where the word was found; 0 for a register.
  package var address: UInt64

  package init(root: UInt32, target: NodeIndex, address: UInt64) {
    self.root = root
    self.target = target
    self.address = address
  }
}

/// A thread as it stood when the snapshot was taken.
package struct ThreadSnapshot: Sendable {
  package var id: Int32
  package var name: String
  /// Return addresses, innermost first.
  package var frames: [UInt64]
  /// Where each frame begins on the stack; as many as there are frames.
  package var frameStackPointers: [UInt64]
  /// Whether one of them is compiled Swift that could own an object without a word on the stack:
  /// the optimizer drops pointers, never counts.
  package var hasSwiftFrame: Bool

  /// What its roots are called.
  package var rootName: String { "thread \(id) \"\(name)\"" }

  /// The return address of the frame that a word of the thread's stack belongs to.
  package func frame(containing address: UInt64) -> UInt64? {
    guard frameStackPointers.count == frames.count,
      let index = frameStackPointers.lastIndex(where: { $0 <= address })
    else { return nil }
    return frames[index]
  }

  package init(
    id: Int32,
    name: String,
    frames: [UInt64],
    frameStackPointers: [UInt64] = [],
    hasSwiftFrame: Bool
  ) {
    self.id = id
    self.name = name
    self.frames = frames
    self.frameStackPointers = frameStackPointers
    self.hasSwiftFrame = hasSwiftFrame
  }
}

/// An executable or library that was mapped.
package struct LoadedImage: Sendable, Hashable {
  package var path: String
  /// Hexadecimal, lower case; nil where the file has none.
  package var buildID: String?
  /// Add it to an address of the file to get one of the process.
  package var loadBias: UInt64
  /// The addresses that the image takes, from the first to the last, .bss included.
  package var range: Range<UInt64>

  package init(path: String, buildID: String?, loadBias: UInt64, range: Range<UInt64>) {
    self.path = path
    self.buildID = buildID
    self.loadBias = loadBias
    self.range = range
  }
}
