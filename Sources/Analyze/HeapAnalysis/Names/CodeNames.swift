import HeapGraph

/// Names code by what stays the same when lines move: for signatures, and to tell the program's own functions from those
/// of libraries.
final class CodeNames {
  private let symbols: ProgramSymbols
  private let images: [LoadedImage]
  private lazy var dependencies = symbols.dependencies()
  private lazy var endingCalls = symbols.endingCalls()

  init(_ symbols: ProgramSymbols, _ images: [LoadedImage]) {
    self.symbols = symbols
    self.images = images
  }

  /// The linker's name of the function at an address; without one, its place in its image, which is the same in every
  /// run of one build.
  func name(at address: UInt64) -> String {
    if let name = symbols.functionName(address) { return name }
    guard let image = images.first(where: { $0.range.contains(address) }) else {
      return String(address, radix: 16)
    }
    let file = image.path.split(separator: "/").last ?? ""
    return "\(file)+\(String(address &- image.loadBias, radix: 16))"
  }

  func origin(ofCodeAt address: UInt64) -> CodeOrigin {
    guard let name = symbols.functionName(address) else {
      return CodeOrigin(imagePath: images.first { $0.range.contains(address) }?.path ?? "")
    }
    if name == "main" || name.contains("async_Main") { return .program }
    // Of what isn't Swift's nothing can be changed.
    return CodeOrigin(symbol: name, dependencies: dependencies) ?? .toolchain
  }

  func origin(of type: HeapType) -> CodeOrigin { type.origin(dependencies: dependencies) }

  func origin(ofModule module: Substring) -> CodeOrigin {
    CodeOrigin(module: module, dependencies: dependencies)
  }

  /// The innermost functions of a chain of calls, from the first that isn't the toolchain's to the first that is the
  /// program's own; empty where all of it is the toolchain's.
  ///
  /// So an `await` deep in a package is identified by the function that called the package. Of code without symbols, which
  /// may be the toolchain's, all counts.
  func ownPart(of frames: [UInt64]) -> [UInt64] {
    guard let first = frames.firstIndex(where: { origin(ofCodeAt: $0) != .toolchain }) else {
      return []
    }
    let own = frames[first...].firstIndex {
      origin(ofCodeAt: $0) == .program && symbols.functionName($0) != nil
    }
    if own == nil, symbols.functionName(frames[first]) == nil { return Array(frames[first...]) }
    return Array(frames[first...(own ?? first)])
  }

  /// The functions on an object's call stack that aren't the toolchain's nor the object's own initializer, innermost first.
  func makers(of node: NodeIndex, in graph: HeapGraph) -> [UInt64] {
    var frames = (graph.callStacks[graph.stackIDs[Int(node)]] ?? []).map { $0 &- 1 }
      .filter { origin(ofCodeAt: $0) != .toolchain }
    // A class's allocating initializer (`fC`; Swift's docs/ABI/Mangling.rst) allocates the object.
    if let first = frames.first, symbols.functionName(first)?.hasSuffix("fC") == true {
      frames.removeFirst()
    }
    return frames
  }

  /// The function that made an object.
  func maker(of node: NodeIndex, in graph: HeapGraph) -> UInt64? {
    makers(of: node, in: graph).first
  }

  /// The method that ends the life of a type's objects: `close()`.
  func endingCall(of type: HeapType) -> String? {
    endingCalls[String(type.name.prefix { $0 != "<" })]
  }
}
