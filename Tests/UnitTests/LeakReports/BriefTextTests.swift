import Testing

@testable import LeakReports

@Suite("Long types")
struct BriefTextTests {
  @Test("short generic arguments stay")
  func short() {
    let type = "OpenCombine.Published<Swift.Array<Swift.String>>.Box<App.Model>, and more of it"
    #expect(briefly(type) == type)
  }

  @Test("the longest lists of arguments are left out, the inner ones first")
  func long() {
    let inner = "Map<\(String(repeating: "Swift.Array<Swift.String>, ", count: 5))Swift.Int>"
    #expect(briefly("a \(inner).Inner<Swift.Int> b") == "a Map<…>.Inner<Swift.Int> b")
    #expect(briefly("Outer<\(inner), Swift.Never>") == "Outer<Map<…>, Swift.Never>")
    let wide = Array(repeating: inner, count: 20).joined(separator: ", ")
    #expect(briefly("Outer<\(wide)>.Part") == "Outer<…>.Part")
  }

  @Test("an arrow closes no list, and what isn't a type stays as it is")
  func arrows() {
    let arguments = String(repeating: "Swift.String, ", count: 6)
    #expect(briefly("Box<(\(arguments)Swift.Int) -> ()> and x") == "Box<…> and x")
    let comparison = "static < infix(_:_:) in a very long name of a function \(arguments)"
    #expect(briefly(comparison) == comparison)
    let shift = "static >> infix(_:_:) <\(arguments)>"
    #expect(briefly(shift) == shift)
  }
}
