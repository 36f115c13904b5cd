internal import ELF
internal import Foundation
package import HeapGraph

/// Names code: functions, files and lines of return addresses, and what closures are.
///
/// Tell it all addresses at once with `load`; afterwards each look-up is a dictionary's.
package final class Symbolicator: Symbolicating {
  /// What could not be told, one sentence each.
  package private(set) var limitations: [String] = []

  private let images: AddressImages
  private let locator: SourceLocator?
  private var readableNames: [String: String] = [:]
  private var frames: [UInt64: [SymbolicatedFrame]] = [:]
  private var resumptions: [UInt64: [SymbolicatedFrame]] = [:]
  private var closures: [UInt64: ClosureDescription] = [:]
  private var variables: [UInt64: [FrameVariable]] = [:]

  package init(
    images: [LoadedImage],
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    self.images = AddressImages(images)
    locator = SourceLocator(environment: environment)
    if locator == nil {
      limitations.append(
        "No llvm-symbolizer was found beside swift or in PATH: functions have no files and lines."
      )
    }
  }

  /// The program that tells files and lines; nil where none is found.
  package static func locatorPath(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    SourceLocator(environment: environment)?.tool
  }

  // MARK: Loading

  /// Looks everything up that `frames` and `closure` will be asked for.
  package func load(
    returnAddresses: [UInt64],
    functions: [UInt64],
    resumptions resumed: [UInt64] = []
  ) {
    let returns = Set(returnAddresses).subtracting(frames.keys)
    let resumed = Set(resumed).subtracting(resumptions.keys)
    let pointers = Set(functions).subtracting(closures.keys)
    var questions: Set<SourceLocator.Question> = []
    for address in returns {
      if let question = question(at: address &- 1, variables: false) { questions.insert(question) }
    }
    let bodies = pointers.map { ($0, body(of: $0)) }
    for (pointer, body) in bodies {
      for address in [pointer, body] {
        if let question = question(at: address, variables: true) { questions.insert(question) }
        for place in places(in: address) {
          if let question = question(at: place, variables: false) { questions.insert(question) }
        }
      }
    }
    for place in resumed.flatMap(places) {
      if let question = question(at: place, variables: false) { questions.insert(question) }
    }
    let answers = locator?.ask(questions.sorted { ($0.path, $0.address) < ($1.path, $1.address) })
    if let locator, !questions.isEmpty, answers?.isEmpty ?? true {
      limitations.append(
        "\(locator.tool) gave no answers: functions have no files and lines."
      )
    }
    for address in returns {
      let answer = question(at: address &- 1, variables: false).flatMap { answers?[$0] }
      frames[address] = makeFrames(at: address &- 1, answer)
    }
    for function in resumed { resumptions[function] = resumption(of: function, answers ?? [:]) }
    for (pointer, body) in bodies { closures[pointer] = makeClosure(pointer, body, answers ?? [:]) }
  }

  /// Library code is named by its symbols: its lines say nothing to the program's author, and its
  /// debug information, where there is any, is large.
  private func question(at address: UInt64, variables: Bool) -> SourceLocator.Question? {
    guard let image = images.image(containing: address), !image.isLibrary, images.hasFile(image)
    else { return nil }
    return SourceLocator.Question(
      path: image.path,
      address: address &- image.loadBias,
      asksForVariables: variables
    )
  }

  // MARK: Frames

  private static func origin(_ symbol: String?) -> CodeOrigin? {
    symbol.flatMap { CodeOrigin(symbol: $0) }
  }

  /// Thunks, and the lists of tests that SwiftPM has XCTest call.
  private static func isGlue(_ symbol: String?, _ function: String) -> Bool {
    symbol?.hasPrefix("$s") == true && symbol?.hasSuffix("TR") == true
      || function.contains("__allTests__")
  }

  /// The functions that a return address lies in, inlined ones first; never empty.
  package func frames(at returnAddress: UInt64) -> [SymbolicatedFrame] {
    if let known = frames[returnAddress] { return known }
    load(returnAddresses: [returnAddress], functions: [])
    return frames[returnAddress] ?? []
  }

  /// The functions that go on when a task is resumed at the start of a function, inlined ones first; never empty.
  package func frames(resumedAt function: UInt64) -> [SymbolicatedFrame] {
    if let known = resumptions[function] { return known }
    load(returnAddresses: [], functions: [], resumptions: [function])
    return resumptions[function] ?? []
  }

  /// The first instructions of a resumed function belong to no line, or to the function as a whole.
  ///
  /// In optimized code those that follow belong to the `await` that was inlined into it: to an asynchronous function,
  /// or to one of the toolchain's.
  private func resumption(
    of function: UInt64,
    _ answers: [SourceLocator.Question: SourceLocator.Answer]
  ) -> [SymbolicatedFrame] {
    let candidates = places(in: function).map { place in
      makeFrames(at: place, question(at: place, variables: false).flatMap { answers[$0] })
    }
    return candidates.first { frames in
      frames.count > 1
        && (Self.origin(frames[0].mangledName) == .toolchain
          || Self.isAsynchronous(frames[0].mangledName))
    }
      ?? candidates.first { frames in frames.contains { ($0.line ?? 0) > 0 } } ?? candidates[0]
  }

  /// `Ya` marks the type of an asynchronous function (Swift's docs/ABI/Mangling.rst), which ends in `F`, or `c` in a
  /// closure's.
  private static func isAsynchronous(_ symbol: String?) -> Bool {
    symbol.map { symbol in
      // C's search is ten times as fast as `contains`, and tests wait for this.
      ["YaF", "YaK", "Yac"].contains { (mark: String) in strstr(symbol, mark) != nil }
    } ?? false
  }

  private func makeFrames(
    at address: UInt64,
    _ answer: SourceLocator.Answer?
  ) -> [SymbolicatedFrame] {
    let image = images.image(containing: address)
    let symbol = images.symbol(containing: address)?.name
    let file = URL(fileURLWithPath: image?.path ?? "unknown").lastPathComponent
    let isLibrary = image?.isLibrary ?? true
    // Without an answer, the symbol is all that is known.
    let found = answer.map(\.frames).flatMap { $0.isEmpty ? nil : $0 }
    let frames = found ?? [SourceLocator.Frame(function: "")]
    return frames.enumerated().map { index, frame in
      // The symbolizer names an inlined function as debug information does, the outermost by symbol.
      let isOutermost = index == frames.count - 1
      let name = frame.function.isEmpty && isOutermost ? symbol : frame.function
      let function = readable(name, at: address)
      let origin = Self.origin(name) ?? .program
      return SymbolicatedFrame(
        function: function,
        mangledName: name,
        file: frame.file,
        line: frame.line,
        column: frame.column,
        image: file,
        // What a macro or SwiftPM wrote is as little the program's author's as Remnant itself is.
        isLibraryFrame: isLibrary || frame.file?.contains("@__swiftmacro_") == true
          || frame.file?.hasSuffix(".derived/runner.swift") == true
          || origin > .dependency || Self.isGlue(name, function),
        isOfHelpers: origin == .remnant
      )
    }
  }

  /// What has no symbol is told by its place in its file, which is the same in every run.
  private func readable(_ symbol: String?, at address: UInt64) -> String {
    guard let symbol, !symbol.isEmpty, symbol != "??" else {
      guard let image = images.image(containing: address) else {
        return "0x" + String(address, radix: 16)
      }
      let name = URL(fileURLWithPath: image.path).lastPathComponent
      return "\(name)+0x\(String(address &- image.loadBias, radix: 16))"
    }
    if let known = readableNames[symbol] { return known }
    let name = SwiftDemangler.readableName(symbol) ?? symbol
    readableNames[symbol] = name
    return name
  }

  // MARK: Variables

  /// Reads which variables suspended functions have, of the program's own functions.
  ///
  /// It takes a process for each executable with debug information, so it is asked only for what a report shows.
  package func loadVariables(ofFunctionsResumedAt functions: Set<UInt64>, _ reader: VariableReader)
  {
    var questions: [String: Set<UInt64>] = [:]
    for function in functions {
      guard let image = images.image(containing: function), !image.isLibrary,
        images.hasDebugInformation(image)
      else { continue }
      questions[image.path, default: []].insert(function)
    }
    var lacksLibrary = false
    for (path, functions) in questions.sorted(by: { $0.key < $1.key }) where !lacksLibrary {
      let bias = functions.first.flatMap { images.image(containing: $0)?.loadBias } ?? 0
      let answer = reader.variables(ofFunctionsAt: functions.map { $0 &- bias }, in: path)
      for (address, found) in answer.variables { variables[address &+ bias] = found }
      switch answer.failure {
      case nil: break
      case .noLibrary: lacksLibrary = true
      case .damaged:
        limitations.append(
          "\(path): its debug information is damaged, or of a kind that libdw can't read, so variables of suspended "
            + "functions have no names."
        )
      }
    }
    if lacksLibrary {
      limitations.append(
        "libdw.so.1 can't be loaded, so variables of suspended functions have no names: apt-get install libdw1."
      )
    }
  }

  package func variables(resumedAt function: UInt64) -> [FrameVariable] {
    variables[function] ?? []
  }

  // MARK: Closures

  /// What a stored closure's function is; nil where it has no symbol.
  package func closure(at function: UInt64) -> ClosureDescription? {
    if let known = closures[function] { return known }
    load(returnAddresses: [], functions: [function])
    return closures[function]
  }

  /// A stored closure mostly points at a forwarder; its own code is elsewhere.
  private func body(of pointer: UInt64) -> UInt64 {
    guard let symbol = images.symbol(containing: pointer)?.name else { return pointer }
    for forwarded in SwiftDemangler.forwardedSymbols(symbol).reversed() {
      if let address = images.address(of: forwarded, besides: pointer) { return address }
    }
    return pointer
  }

  /// Where to ask for the line of a function: optimized code may begin with instructions that the
  /// compiler made, without one.
  private func places(in function: UInt64) -> [UInt64] {
    guard let symbol = images.symbol(containing: function) else { return [function] }
    return [0, 4, 8, 12, 16, 24, 32, 48, 64, 96].filter { $0 == 0 || $0 < symbol.size }
      .map { function &+ $0 }
  }

  private func makeClosure(
    _ pointer: UInt64,
    _ body: UInt64,
    _ answers: [SourceLocator.Question: SourceLocator.Answer]
  ) -> ClosureDescription? {
    guard let symbol = images.symbol(containing: pointer)?.name else { return nil }
    let forwarded = SwiftDemangler.forwardedSymbol(symbol)
    guard !SwiftDemangler.isReabstractionThunk(forwarded),
      var name = SwiftDemangler.readableName(forwarded) ?? SwiftDemangler.readableName(symbol)
    else { return nil }
    let specialized = "specialized "
    while name.hasPrefix(specialized) { name.removeFirst(specialized.count) }
    func answer(_ address: UInt64, variables: Bool) -> SourceLocator.Answer? {
      question(at: address, variables: variables).flatMap { answers[$0] }
    }
    // Where the optimizer merged the body into the forwarder, the body's frame is an inlined one; it
    // is the outermost that has a line, what is inlined into the body itself lies within it.
    let frame = [body, pointer].lazy.flatMap { self.places(in: $0) }.compactMap { place in
      answer(place, variables: false)?.frames.last { $0.line != nil }
    }.first
    let variables = [body, pointer].flatMap { answer($0, variables: true)?.variables ?? [] }
    return ClosureDescription(
      name: name,
      file: frame?.file,
      line: frame?.line,
      capturesSelf: name.contains("closure #") && variables.contains("self"),
      isOfToolchain: Self.origin(forwarded) == .toolchain
    )
  }

  // MARK: Globals

  /// `cache` or `static Registry.shared` for the storage of a global or static property, the symbol
  /// for other data; nil where no symbol covers the address.
  package func global(at address: UInt64) -> String? {
    guard let symbol = images.symbol(containing: address)?.name else { return nil }
    return SwiftDemangler.readableName(symbol) ?? symbol
  }
}
