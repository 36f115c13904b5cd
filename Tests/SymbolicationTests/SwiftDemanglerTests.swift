import Symbolication
import Testing

@Suite struct SwiftDemanglerTests {
  @Test("Names of a compiled program read as people write them")
  func debugNames() throws {
    let symbols = try ExampleProgram.debug.get().symbols.keys
    let expected = [
      "$s3App4markyyF": "mark()",
      "$s3App3PetC4bind4withySS_tF": "Pet.bind(with:)",
      "$s3App3PetC4bind4withySS_tFyycfU_": "closure #1 in Pet.bind(with:)",
      "$s3App3PetC4bind4withySS_tFyycfU_TA": "closure #1 in Pet.bind(with:)",
      "$s3App3PetC4bind4withySS_tFyycfU0_": "closure #2 in Pet.bind(with:)",
      "$s3App3PetC4bind4withySS_tFyycfU1_yycfU_":
        "closure #1 in closure #3 in Pet.bind(with:)",
      "$s3App3PetC4bind4withySS_tFSSSicfu_": "implicit closure #1 in Pet.bind(with:)",
      "$s3App3PetC4bind4withySS_tFyyYacfU3_": "closure #5 in Pet.bind(with:)",
      "$s3App3PetC4bind4withySS_tFyyYacfU3_Tu": "closure #5 in Pet.bind(with:)",
      "$s3App3PetC4bind4withySS_tFyyYacfU3_TQ0_": "closure #5 in Pet.bind(with:)",
      "$s3App3PetC7convertySSSiFZ": "static Pet.convert(_:)",
      "$s3App3PetCACycfC": "Pet.init()",
      "$s3App3PetCACycfc": "Pet.init()",
      "$s3App3PetCfd": "Pet.deinit",
      "$s3App3PetC6sharedACvpZ": "static Pet.shared",
      "$s3App3PetC4sizeSivg": "Pet.size.getter",
      "$s3App3PetCyS2icig": "Pet.subscript.getter",
      "$s3App3BoxV6getterxycyF": "Box.getter()",
      "$s3App3BoxV6getterxycyFxycfU_": "closure #1 in Box.getter()",
      "$s3App3BoxVAASiRszlE5twiceSiyF": "Box<A>.twice()",
      "$s3App4loadySiAA3PetCYaKF": "load(_:)",
      "$s3App4loadySiAA3PetCYaKFTQ0_": "load(_:)",
      "$s3App4loadySiAA3PetCYaKFTY1_": "load(_:)",
      "$s3AppyycfU2_": "closure #4 in top-level code",
    ]
    for (symbol, name) in expected.sorted(by: { $0.key < $1.key }) {
      // The compiler still makes this symbol: the table is about real names.
      #expect(symbols.contains(symbol), "\(symbol)")
      #expect(SwiftDemangler.readableName(symbol) == name)
    }
  }

  @Test("Specialisations and thunks keep a name", arguments: ExampleProgram.Build.allCases)
  func everySymbol(build: ExampleProgram.Build) throws {
    var thunks = 0
    var specializations = 0
    for symbol in try ExampleProgram.built(build).symbols.keys {
      let name = SwiftDemangler.readableName(symbol)
      guard symbol.hasPrefix("$s") else {
        #expect(name == nil, "\(symbol)")
        continue
      }
      let readable = try #require(name, "\(symbol)")
      #expect(!readable.isEmpty && !readable.hasPrefix("$s"), "\(symbol)")
      #expect(!readable.hasSuffix(" in "), "\(symbol)")
      #expect(!readable.hasPrefix("partial apply"), "\(symbol)")
      if readable.contains("thunk for ") { thunks += 1 }
      if readable.hasPrefix("specialized ") { specializations += 1 }
    }
    #expect(thunks > 0)
    #expect(specializations > 0 || build == .debug)
  }

  @Test("Forwarders, records and parts of async functions lead to the code that they stand for")
  func forwarding() throws {
    let closure = "$s3App3PetC4bind4withySS_tFyycfU_"
    let suffixes = [
      "TA", "TATm", "Tm", "TA.22", "TATu", "TA.22Tu", "TATQ0_", "TY12_", "TATY3_", "TQ0_.resume.0",
    ]
    for suffix in suffixes {
      #expect(SwiftDemangler.forwardedSymbol(closure + suffix) == closure, "\(suffix)")
    }
    #expect(
      SwiftDemangler.forwardedSymbols(closure + "TA.22Tu")
        == [closure + "TA.22", closure + "TA", closure]
    )
    // A nested closure and a specialisation are code of their own.
    for symbol in [closure, closure + "yycfU0_", closure + "SS_TG5", "main", "", "_", "Q_", "TQ_x"]
    {
      #expect(SwiftDemangler.forwardedSymbol(symbol) == symbol)
    }
    #expect(SwiftDemangler.forwardedSymbol("async_MainTQ10_") == "async_Main")
    let thunk = try #require(
      ExampleProgram.debug.get().symbol { $0.hasSuffix("TR") && $0.hasPrefix("$s") }
    )
    #expect(SwiftDemangler.isReabstractionThunk(thunk))
    #expect(SwiftDemangler.forwardedSymbol(thunk + "TA") == thunk)
    #expect(!SwiftDemangler.isReabstractionThunk(closure))
    #expect(!SwiftDemangler.isReabstractionThunk("main"))
  }

  @Test("What isn't Swift, or damaged, has no Swift name")
  func others() {
    for symbol in ["", "main", "malloc", "_ZN3FooC1Ev", "$", "$s", "$s3App", "s3App4markyyF"] {
      let name = SwiftDemangler.readableName(symbol)
      #expect(name == nil || name?.isEmpty == false, "\(symbol)")
    }
    #expect(SwiftDemangler.readableName("malloc") == nil)
    let symbol = "$s3App3PetC4bind4withySS_tFyycfU1_yycfU_TA"
    for length in 0..<symbol.count {
      let name = SwiftDemangler.readableName(String(symbol.prefix(length)))
      #expect(name?.isEmpty != true)
      _ = SwiftDemangler.forwardedSymbol(String(symbol.prefix(length)))
    }
  }
}
