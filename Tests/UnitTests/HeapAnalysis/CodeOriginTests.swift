import HeapGraph
import Testing

@Suite("Whose code something is") struct CodeOriginTests {
  @Test(
    "A module is the toolchain's, this project's, a dependency's, or the program's",
    arguments: [
      ("Swift", CodeOrigin.toolchain), ("Foundation", .toolchain), ("XCTest", .toolchain),
      ("Testing", .toolchain), ("Remnant", .remnant), ("RemnantTesting", .remnant),
      ("NIOCore", .dependency), ("App", .program), ("RemnantApp", .program),
    ]
  )
  func modules(module: String, origin: CodeOrigin) {
    #expect(CodeOrigin(module: module[...], dependencies: ["NIOCore"]) == origin)
    #expect(
      HeapType(kind: .classInstance, name: "\(module).Thing").origin(dependencies: ["NIOCore"])
        == origin
    )
  }

  @Test(
    "A function's origin is in its name, where the name says so",
    arguments: [
      ("$sSa6appendyyxF", CodeOrigin.toolchain), ("$s10Foundation4DataV", .toolchain),
      ("swift_retain", .toolchain), ("_dispatch_call_block_and_release", .toolchain),
      ("$s7Remnant8LeakScanV", .remnant), ("remnant_call_stack", .remnant),
      ("$s3App4workyyF", .program), ("main", nil), ("malloc", nil), ("", nil),
    ]
  )
  func symbols(symbol: String, origin: CodeOrigin?) {
    #expect(CodeOrigin(symbol: symbol) == origin)
  }

  @Test(
    "Without a symbol, the file says whether it is the system's",
    arguments: [
      ("/usr/lib/x86_64-linux-gnu/libc.so.6", CodeOrigin.toolchain),
      ("/opt/swift/usr/lib/swift/linux/libswiftCore.so", .toolchain),
      ("/app/lib/libFoundation.so", .toolchain), ("/app/lib/libOwn.so", .program),
      ("/home/me/lib/server", .program), ("", .program),
    ]
  )
  func images(path: String, origin: CodeOrigin) {
    #expect(CodeOrigin(imagePath: path) == origin)
  }

  @Test("What has no module is the toolchain's, and no class of its libraries")
  func withoutModule() {
    let type = HeapType(kind: .closureContext, name: "closure context")
    #expect(type.origin() == .toolchain)
    #expect(!type.isOfToolchain)
  }
}
