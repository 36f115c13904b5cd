import Testing

@testable import HeapCapture

@Suite struct ProgramSymbolsTests {
  @Test(
    "A module that the package manager fetched is known by its folder",
    arguments: [
      ("swift-nio/Sources/NIOCore/Channel.swift", "NIOCore"),
      ("swift-argument-parser/Sources/ArgumentParser/Parsable Properties", "ArgumentParser"),
      ("My-Package/Source/my-target/File.swift", "my_target"),
      ("package/File.swift", nil),
      ("Sources/NIOCore/Channel.swift", nil),
      ("", nil),
    ]
  )
  func dependency(path: String, module: String?) {
    #expect(DependencyModules.module(ofPath: path) == module)
  }

  @Test(
    "A method is a type's own",
    arguments: [
      (
        "EmbeddedChannel.finish(acceptAlreadyClosed:)", "EmbeddedChannel",
        "finish(acceptAlreadyClosed:)"
      ),
      ("Outer.Inner.close()", "Outer.Inner", "close()"),
    ]
  )
  func method(name: String, type: String, method: String) {
    let found = EndingCalls.method(ofDemangled: name)
    #expect(found?.type == type)
    #expect(found?.method == method)
  }

  @Test(
    "What only mentions a method isn't one",
    arguments: [
      "closure #1 in Channel.close()", "static Channel.close()", "close()", "Channel.close",
      "(extension in App)", "", "Channel<Int>.close()",
    ]
  )
  func noMethod(name: String) {
    #expect(EndingCalls.method(ofDemangled: name) == nil)
  }
}
