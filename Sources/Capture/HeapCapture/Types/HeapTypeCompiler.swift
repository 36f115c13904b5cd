internal import CSwiftRemoteMirror
internal import HeapGraph

/// Tells what the first word of a block says, and compiles the layout of what it names, once.
final class HeapTypeCompiler {
  let layouts: LayoutCompiler
  let mirror: RemoteMirror
  let reader: any MemoryReader
  let isExecutable: (Address) -> Bool
  /// Nil where the process has no C blocks.
  let blocks: BlockRuntime?
  private var blockTypes: [BlockKey: Int] = [:]
  private let altering: Alteration
  var labels = LabelTable()
  private(set) var compiled: [HeapTypeLayout] = []
  private var classifications: [Address: Classification] = [:]
  private var contexts: [ContextKey: Int] = [:]
  private var existentialSlots: [Address: ExistentialContents] = [:]
  /// Types whose layout the library couldn't lower: what the report says was read conservatively.
  private(set) var unreadableTypes: Set<String> = []

  private struct ContextKey: Hashable {
    var metadata: Address
    var bindings: [UInt64]
  }

  private struct BlockKey: Hashable {
    var invoke: Address
    var descriptor: Address
    var size: UInt64
    var hasHelpers: Bool
  }

  private enum Classification {
    case notSwift
    case type(Int)
    /// A closure context whose captures' types depend on what follows its header.
    case generic(metadata: Address, bindingsEnd: Int)
  }

  /// How the value in an existential of a given type is kept.
  enum ExistentialContents {
    case inline([LabeledSlot])
    /// The first word is a strong reference to a box that holds the value.
    case boxed
    case unknown
  }

  /// A change of a layout, and of the labels that its slots name.
  typealias Alteration = (HeapTypeLayout, inout LabelTable) -> HeapTypeLayout

  /// `isExecutable` tells whether an address lies in mapped code; `altering` is for tests that plant
  /// faults.
  init(
    mirror: RemoteMirror,
    reader: any MemoryReader,
    blocks: BlockRuntime? = nil,
    isExecutable: @escaping (Address) -> Bool,
    altering: @escaping Alteration = { layout, _ in layout }
  ) {
    self.blocks = blocks
    self.altering = altering
    self.mirror = mirror
    self.reader = reader
    self.isExecutable = isExecutable
    layouts = LayoutCompiler(mirror: mirror)
  }

  /// The compiled type of the object at an address; nil if the word before it isn't heap metadata.
  func typeIndex(metadata: Address, object: Address, contents: UnsafeRawBufferPointer) -> Int? {
    let classification: Classification
    if let known = classifications[metadata] {
      classification = known
    } else {
      classification = classify(metadata, object: object)
      classifications[metadata] = classification
    }
    switch classification {
    case .notSwift: return nil
    case .type(let index): return index
    case .generic(let metadata, let end):
      let words = stride(from: Metadata.objectHeaderSize, to: min(end, contents.count - 7), by: 8)
        .map { contents.loadUnaligned(fromByteOffset: $0, as: UInt64.self) }
      let key = ContextKey(metadata: metadata, bindings: words)
      if let index = contexts[key] { return index }
      let index = add(compileContext(metadata, object: object))
      contexts[key] = index
      return index
    }
  }

  /// The compiled type of the C block that memory of a size holds, and how often it is retained; nil if it holds none.
  func blockType(
    _ contents: UnsafeRawBufferPointer,
    size: UInt64
  ) -> (index: Int, count: UInt32)? {
    guard let blocks, contents.count >= BlockLayout.captures,
      contents.loadUnaligned(as: Address.self) == blocks.classAddress,
      let header = BlockHeader(contents, size: size, reader, isExecutable)
    else { return nil }
    let key = BlockKey(
      invoke: header.invoke,
      descriptor: header.descriptor,
      size: header.size,
      hasHelpers: header.hasHelpers
    )
    if let index = blockTypes[key] { return (index, header.count) }
    let index = add(compileBlock(header, contents))
    blockTypes[key] = index
    return (index, header.count)
  }

  /// The type of dispatch sources, all of whose words may be references.
  ///
  /// What they own besides is added to what is read by it.
  private(set) lazy var sourceType = add(
    HeapTypeLayout(
      type: HeapType(kind: .foreign, name: "dispatch source"),
      fixedSize: Metadata.objectHeaderSize,
      slots: [],
      uncoveredWords: [],
      tail: .conservative
    )
  )

  /// The contents of an existential that holds a value of a type.
  func existentialContents(ofMetadata metadata: Address) -> ExistentialContents {
    if let known = existentialSlots[metadata] { return known }
    let contents: ExistentialContents
    if let isInline = reader.isStoredInline(metadata: metadata) {
      let layout = layouts.layout(ofMetadata: metadata)
      if !isInline {
        contents = .boxed
      } else if layout.isKnown, layout.size <= Self.existentialBufferSize {
        contents = .inline(labels.label(layout.slots, declaringType: ""))
      } else {
        contents = .unknown
      }
    } else {
      contents = .unknown
    }
    existentialSlots[metadata] = contents
    return contents
  }

  /// Three words.
  ///
  /// Where a damaged type claims that more lies in them, the existentials in it could be endless.
  private static let existentialBufferSize = 24

  func alignmentMask(ofMetadata metadata: Address) -> UInt64 {
    reader.alignmentMask(ofMetadata: metadata) ?? 7
  }

  // MARK: Classification

  private func classify(_ metadata: Address, object: Address) -> Classification {
    guard MachineLayout.current.isAligned(metadata),
      let word = reader.load(metadata, as: UInt64.self), let kind = Metadata.Kind(rawValue: word),
      let destroy = reader.load(metadata - Metadata.deallocatingDeinit, as: Address.self),
      isExecutable(destroy)
    else { return .notSwift }
    switch kind {
    case .classObject:
      guard let name = className(metadata) else { return .notSwift }
      return .type(add(compileClass(metadata, name: name)))
    case .localVariable:
      guard let first = reader.load(metadata + Metadata.firstCaptureOffset, as: UInt32.self),
        first >= Metadata.objectHeaderSize, first < Metadata.largestContextHeader
      else { return .notSwift }
      if bindingCount(ofContextMetadata: metadata) > 0 {
        return .generic(metadata: metadata, bindingsEnd: Int(first))
      }
      return .type(add(compileContext(metadata, object: object)))
    case .genericBox:
      return .type(add(compileGenericBox(metadata)))
    case .errorObject:
      return .type(
        add(
          HeapTypeLayout(
            type: HeapType(kind: .errorBox, name: "error box", metadata: metadata.rawValue),
            fixedSize: Metadata.errorHeaderSize,
            slots: [],
            uncoveredWords: [],
            tail: .error
          )
        )
      )
    case .task:
      return .type(
        add(
          HeapTypeLayout(
            type: HeapType(kind: .asyncTask, name: "Task", metadata: metadata.rawValue),
            fixedSize: Metadata.objectHeaderSize,
            slots: [],
            uncoveredWords: [],
            tail: .conservative
          )
        )
      )
    case .job:
      return .type(
        add(
          HeapTypeLayout(
            type: HeapType(kind: .opaque, name: "job", metadata: metadata.rawValue),
            fixedSize: Metadata.objectHeaderSize,
            slots: [],
            uncoveredWords: [],
            tail: .conservative
          )
        )
      )
    }
  }

  private func add(_ layout: HeapTypeLayout) -> Int {
    compiled.append(altering(layout, &labels))
    return compiled.count - 1
  }

  /// The class's qualified name; nil where the memory isn't that of a class.
  private func className(_ metadata: Address) -> String? {
    guard let descriptor = reader.load(metadata + Metadata.descriptor, as: Address.self),
      let flags = reader.load(descriptor, as: UInt32.self),
      flags & 0x1f == Metadata.classDescriptorKind,
      let size = reader.load(metadata + Metadata.instanceSize, as: UInt32.self),
      size >= Metadata.objectHeaderSize, size <= Metadata.largestInstance,
      hasRootClass(metadata)
    else { return nil }
    if let name = mirror.variadicName(ofClassMetadata: metadata) { return name }
    guard let type = mirror.type(ofMetadata: metadata) else {
      return mirror.records.qualifiedName(ofClassMetadata: metadata)
        ?? "class at \(metadata)"
    }
    return displayName(ofDemangled: mirror.demangledName(of: type))
  }

  /// Whether the superclasses of a class come to an end: where the program overwrote them, the library
  /// would follow them forever.
  private func hasRootClass(_ metadata: Address) -> Bool {
    var ancestor = metadata
    for _ in 0..<Self.deepestInheritance {
      guard let next = reader.load(ancestor + Metadata.superclass, as: Address.self) else {
        return false
      }
      if next == 0 { return true }
      guard MachineLayout.current.isAligned(next) else { return false }
      ancestor = next
    }
    return false
  }

  /// Far more than any program has.
  private static let deepestInheritance = 64

  private func bindingCount(ofContextMetadata metadata: Address) -> UInt32 {
    guard let descriptor = reader.load(metadata + Metadata.captureDescriptor, as: Address.self),
      descriptor != 0
    else { return 0 }
    // CaptureDescriptor (Reflection/Records.h): capture types, metadata sources, bindings.
    let sources = reader.load(descriptor + 4, as: UInt32.self) ?? 0
    let bindings = reader.load(descriptor + 8, as: UInt32.self) ?? 0
    return max(sources, bindings)
  }

  // MARK: Classes

  private func compileClass(_ metadata: Address, name: String) -> HeapTypeLayout {
    let size = Int(reader.load(metadata + Metadata.instanceSize, as: UInt32.self) ?? 16)
    var slots: [LabeledSlot] = []
    var covered = CoveredWords(size: size)
    var superclasses: [String] = []
    // The library answers for a class's own fields only.
    var ancestor = metadata
    while ancestor >= MachineLayout.leastAddress {
      let declaringType =
        ancestor == metadata
        ? name
        : mirror.type(ofMetadata: ancestor).map {
          displayName(ofDemangled: mirror.demangledName(of: $0))
        } ?? ""
      if ancestor != metadata { superclasses.append(declaringType) }
      let fields = mirror.ownFields(ofClassMetadata: ancestor)
      if fields == nil { unreadableTypes.insert(declaringType) }
      for field in fields ?? [] {
        let property = displayName(ofProperty: field.name)
        var (fieldSlots, isKnown) = layouts.slots(of: field, named: property)
        if declaringType == DispatchLayout.Source.wrapper, property == DispatchLayout.Source.wrapped
        {
          // A pointer for the type, and a reference for the class.
          for index in fieldSlots.indices { fieldSlots[index].kind = .reference(.strong) }
        }
        slots += labels.label(fieldSlots, declaringType: declaringType)
        if isKnown {
          covered.cover(field, layouts: layouts)
        } else if field.name != "$defaultActor" {
          unreadableTypes.insert("\(declaringType).\(property)")
        }
      }
      guard let next = reader.load(ancestor + Metadata.superclass, as: Address.self) else { break }
      ancestor = next
    }
    slots.sort { $0.offset < $1.offset }
    let (kind, tail) = storage(metadata, name: name)
    var type = HeapType(kind: kind, name: name, metadata: metadata.rawValue)
    type.superclasses = superclasses
    return HeapTypeLayout(
      type: type,
      fixedSize: size,
      slots: slots,
      uncoveredWords: kind == .collectionStorage ? [] : covered.uncovered(),
      tail: tail
    )
  }

  /// The standard library's storage classes keep their elements behind the fields.
  private func storage(
    _ metadata: Address,
    name: String
  ) -> (kind: HeapType.Kind, tail: HeapTypeLayout.Tail) {
    let arguments = mirror.type(ofMetadata: metadata).map(mirror.genericArguments) ?? []
    let base = name.prefix { $0 != "<" }
    switch (base, arguments.count) {
    case ("Swift._ContiguousArrayStorage", 1):
      let element = column(arguments[0], named: "[]", in: name)
      guard element.isKnown, element.stride > 0 else { return (.collectionStorage, .conservative) }
      if element.slots.isEmpty { return (.collectionStorage, .ignored) }
      return (.collectionStorage, .array(stride: element.stride, slots: element.slots))
    case ("Swift._DictionaryStorage", 2):
      return (
        .collectionStorage,
        .hashTable(
          HeapTypeLayout.HashTable(
            keys: column(arguments[0], named: "[key]", in: name),
            values: column(arguments[1], named: "[]", in: name)
          )
        )
      )
    case ("Swift._SetStorage", 1):
      return (
        .collectionStorage,
        .hashTable(
          HeapTypeLayout.HashTable(keys: column(arguments[0], named: "[]", in: name), values: nil)
        )
      )
    case ("Swift.__StringStorage", _):
      let label = labels.index(of: EdgeLabel(name: "breadcrumbs", ownership: .strong))
      let breadcrumbs = LabeledSlot(offset: 0, label: label, kind: .reference(.strong))
      return (.collectionStorage, .string(slots: [breadcrumbs]))
    case ("Swift.__SharedStringStorage", _):
      return (.collectionStorage, .ignored)
    default:
      return (.classInstance, keyPathArguments(base) ?? managedElements(metadata) ?? .conservative)
    }
  }

  func column(
    _ type: TypeReference,
    named name: String,
    in declaringType: String
  ) -> HeapTypeLayout.Column {
    let layout = layouts.layout(of: type)
    return HeapTypeLayout.Column(
      stride: layout.stride,
      slots: labels.label(layout.nested(as: name, at: 0), declaringType: declaringType),
      isKnown: layout.isKnown
    )
  }

  // MARK: Closure contexts and boxes

  private func compileContext(_ metadata: Address, object: Address) -> HeapTypeLayout {
    let first = Int(reader.load(metadata + Metadata.firstCaptureOffset, as: UInt32.self) ?? 16)
    guard let captures = mirror.captures(ofContext: object) else {
      return HeapTypeLayout(
        type: HeapType(kind: .closureContext, name: "closure context", metadata: metadata.rawValue),
        fixedSize: Metadata.objectHeaderSize,
        slots: [],
        uncoveredWords: [],
        tail: .conservative
      )
    }
    var slots: [LabeledSlot] = []
    var size = first
    var isKnown = true
    var types: [String] = []
    for (index, capture) in captures.enumerated() {
      let (captureSlots, captureIsKnown) = layouts.slots(of: capture, named: "capture \(index)")
      slots += labels.label(captureSlots, declaringType: contextName(metadata))
      isKnown = isKnown && captureIsKnown
      if let type = capture.type {
        size = max(size, capture.offset + Int(mirror.info(of: type).Size))
        types.append(displayName(ofDemangled: mirror.demangledName(of: type)))
      }
    }
    return HeapTypeLayout(
      type: HeapType(
        kind: .closureContext,
        name: "closure context (\(types.joined(separator: ", ")))",
        metadata: metadata.rawValue
      ),
      fixedSize: isKnown ? size : first,
      slots: slots,
      uncoveredWords: [],
      tail: .conservative
    )
  }

  /// Where the labels of a context's captures belong, until `nameBoxes` knows what the context is.
  private func contextName(_ metadata: Address) -> String {
    "context \(metadata)"
  }

  /// Tells the boxes of captured variables, indirect cases and large existential values from closure
  /// contexts: the compiler makes both alike, but only a closure's is held beside a function pointer.
  ///
  /// - Parameter closureMetadata: The metadata of all objects that a stored closure points at.
  func nameBoxes(besides closureMetadata: Set<Address>) {
    var contexts: [String: HeapType] = [:]
    for index in compiled.indices where compiled[index].type.kind == .closureContext {
      let type = compiled[index].type
      contexts[contextName(Address(type.metadata))] = type
      guard !closureMetadata.contains(Address(type.metadata)) else { continue }
      let contents = type.name.drop { $0 != "(" }.dropFirst().dropLast()
      compiled[index].type.kind = .box
      compiled[index].type.name = contents.isEmpty ? "box" : "box of \(contents)"
    }
    labels.rewrite { label in
      guard let type = contexts[label.declaringType] else { return }
      label.declaringType = type.name
      guard !closureMetadata.contains(Address(type.metadata)), label.name.hasPrefix("capture 0")
      else {
        return
      }
      label.name = String(label.name.dropFirst("capture 0".count).drop { $0 == "." })
    }
  }

  private func compileGenericBox(_ metadata: Address) -> HeapTypeLayout {
    let offset = Int(reader.load(metadata + Metadata.boxedValueOffset, as: UInt32.self) ?? 16)
    let boxed = reader.load(metadata + Metadata.boxedType, as: Address.self) ?? 0
    let layout = layouts.layout(ofMetadata: boxed)
    let name =
      mirror.type(ofMetadata: boxed).map {
        displayName(ofDemangled: mirror.demangledName(of: $0))
      } ?? "value"
    guard layout.isKnown, offset >= Metadata.objectHeaderSize else {
      unreadableTypes.insert(name)
      return HeapTypeLayout(
        type: HeapType(kind: .box, name: "box of \(name)", metadata: metadata.rawValue),
        fixedSize: Metadata.objectHeaderSize,
        slots: [],
        uncoveredWords: [],
        tail: .conservative
      )
    }
    return HeapTypeLayout(
      type: HeapType(kind: .box, name: "box of \(name)", metadata: metadata.rawValue),
      fixedSize: offset + layout.size,
      slots: labels.label(layout.nested(as: "", at: offset), declaringType: name),
      uncoveredWords: [],
      tail: .conservative
    )
  }
}
