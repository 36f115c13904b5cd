import Testing

@testable import HeapCapture

@Suite struct UnfinishedTypesTests {
  @Test(
    "Initialisers and deinitialisers name their type, other functions none",
    arguments: [
      ("Owner.init(name:)", "Owner"),
      ("Owner.__allocating_init()", "Owner"),
      ("Net.Owner.deinit", "Net.Owner"),
      ("Owner.__deallocating_deinit", "Owner"),
      ("specialized Box<>.init(_:)", "Box"),
      ("Owner.name.getter", nil),
      ("closure #1 in Owner.init()", nil),
      ("make(_:)", nil),
    ]
  )
  func demangled(name: String, type: String?) {
    #expect(UnfinishedTypes.type(ofDemangled: name) == type)
  }

  @Test("Symbols are told by their last operators")
  func symbols() {
    #expect(UnfinishedTypes.type(ofFunction: "$s3App5OwnerC4nameACSS_tcfc") == "Owner")
    #expect(UnfinishedTypes.type(ofFunction: "$s3App5OwnerCfD") == "Owner")
    #expect(UnfinishedTypes.type(ofFunction: "$s3App4markyyF") == nil)
    #expect(UnfinishedTypes.type(ofFunction: "main") == nil)
  }
}
