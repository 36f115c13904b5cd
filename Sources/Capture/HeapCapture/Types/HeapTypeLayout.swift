internal import HeapGraph

/// What is known of all heap objects that share a metadata pointer (and, for closures in generic
/// functions, the types that the context was made with).
struct HeapTypeLayout {
  var type: HeapType
  /// Bytes from the start of the object that the layout accounts for; what follows is the tail.
  var fixedSize: Int
  var slots: [LabeledSlot]
  /// Offsets of the words of the fixed part that no slot covers.
  var uncoveredWords: [Int]
  var tail: Tail

  /// Whether an object of a size that was asked for uses all that the allocator gave.
  ///
  /// Objects with a tail of elements do (arrays, `ManagedBuffer`), others never do.
  func usesSlack(ofObjectOfSize size: Int) -> Bool { size > fixedSize }

  enum Tail {
    /// Nothing, or bytes that hold no references.
    case ignored
    /// `__StringStorage`: the text from byte 32, its capacity at byte 16, and behind it the breadcrumbs that a long string
    /// gets when it is indexed by UTF-16 (the topmost bit says that there is room for them; `StringStorage.swift`).
    case string(slots: [LabeledSlot])
    case conservative
    /// `_ContiguousArrayStorage`: elements from byte 32, their number at byte 16.
    case array(stride: Int, slots: [LabeledSlot])
    /// Values that only code of their own can count, such as the arguments in a key path: every word may be a reference, and
    /// is called by the label's name.
    case words(label: UInt32)
    /// A managed buffer's elements, of which only its own code knows how many there are: they are named, and counted as
    /// nothing.
    case elements(Elements)
    /// A deque's buffer: elements from `start` on, of which a header says where the first one is.
    case ring(start: Int, elements: Column)
    /// `_DictionaryStorage` and `_SetStorage`: occupied buckets by a bitmap.
    case hashTable(HashTable)
    /// A value of a type that the object itself names: an error's box.
    case error
  }

  struct Elements {
    /// Where the first one begins.
    var start: Int
    var stride: Int
    /// By offset into an element: what a word that may be a reference is called.
    var words: [Int: Word]

    struct Word {
      var label: UInt32
      /// Whether the word before it is the function of a closure.
      var isContext: Bool
    }
  }

  struct HashTable {
    var keys: Column
    /// Nil for a set.
    var values: Column?
  }

  struct Column {
    var stride: Int
    var slots: [LabeledSlot]
    /// False where the elements' type couldn't be lowered: scan them conservatively.
    var isKnown: Bool
  }
}

/// A slot whose edges have a name: compiled, ready to be read from many objects.
struct LabeledSlot {
  var offset: Int
  /// Index into `HeapGraph.labels`.
  var label: UInt32
  var kind: Kind

  enum Kind {
    case reference(Ownership)
    case bridgeObject
    case closure
    case opaqueExistential
    case enumeration(EnumProjection, cases: [[LabeledSlot]])
  }
}

/// The labels of a graph that is being built, each once.
struct LabelTable {
  private(set) var labels: [EdgeLabel] = []
  private var indices: [EdgeLabel: UInt32] = [:]
  private var closures: [ClosureKey: UInt32] = [:]
  private var nestings: [NestingKey: UInt32] = [:]

  private struct ClosureKey: Hashable {
    var label: UInt32
    var function: UInt64
  }

  private struct NestingKey: Hashable {
    var outer: UInt32
    var inner: UInt32
  }

  mutating func index(of label: EdgeLabel) -> UInt32 {
    if let index = indices[label] { return index }
    let index = UInt32(labels.count)
    labels.append(label)
    indices[label] = index
    return index
  }

  /// The label of a stored closure, told apart by its function.
  mutating func index(ofClosure label: UInt32, function: UInt64) -> UInt32 {
    let key = ClosureKey(label: label, function: function)
    if let index = closures[key] { return index }
    var closure = labels[Int(label)]
    closure.functionAddress = function
    let index = index(of: closure)
    closures[key] = index
    return index
  }

  /// The label of a reference inside of a value that an existential holds.
  mutating func index(of inner: UInt32, inside outer: UInt32) -> UInt32 {
    let key = NestingKey(outer: outer, inner: inner)
    if let index = nestings[key] { return index }
    var label = labels[Int(inner)]
    let container = labels[Int(outer)]
    label.name = joined(container.name, label.name)
    label.declaringType = container.declaringType
    let index = index(of: label)
    nestings[key] = index
    return index
  }

  /// Changes labels in place, once all edges have theirs: their numbers stay.
  mutating func rewrite(_ change: (inout EdgeLabel) -> Void) {
    for index in labels.indices { change(&labels[index]) }
    indices = [:]
  }

  mutating func label(_ slots: [ValueLayout.Slot], declaringType: String) -> [LabeledSlot] {
    var result: [LabeledSlot] = []
    for slot in slots {
      var ownership = Ownership.strong
      let kind: LabeledSlot.Kind
      switch slot.kind {
      case .reference(let declared):
        ownership = declared
        kind = .reference(declared)
      case .bridgeObject: kind = .bridgeObject
      case .closure: kind = .closure
      case .opaqueExistential: kind = .opaqueExistential
      case .enumeration(let projection, let cases):
        kind = .enumeration(
          projection,
          cases: cases.map { layout in
            label(layout.nested(as: slot.name, at: 0), declaringType: declaringType)
          }
        )
      }
      let edgeLabel = EdgeLabel(
        name: slot.name,
        ownership: ownership,
        declaringType: declaringType,
        slotType: slot.typeName
      )
      result.append(LabeledSlot(offset: slot.offset, label: index(of: edgeLabel), kind: kind))
    }
    return result
  }
}
