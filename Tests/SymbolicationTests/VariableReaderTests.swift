import ELF
import Foundation
import TestSupport
import Testing

@testable import Symbolication

/// What the child process prints, as text; then real programs, whose debug information is damaged as well.
@Suite struct VariableReaderTests {
  private static let listening = "$s3App4FeedC6listenyyFyyYacfU_"

  @Test("A variable has a name, a type, and a place in the function's own memory")
  func text() {
    let variables = VariableReader.parse(
      """
      function 1a0 \(Self.listening)TQ1_
      variable 1 40 8 1 $s3App4FeedCD\tself
      variable 1 48 0 0 -\tvalue of mine
      function 2b0 \(Self.listening)TY0_
      variable 0 40 16 0 $s3App4PairVD\tpair

      """
    )
    #expect(
      variables == [
        0x1a0: [
          FrameVariable(name: "self", mangledType: "$s3App4FeedCD", offset: 40, isParameter: true),
          FrameVariable(name: "value of mine", offset: 48),
        ],
        0x2b0: [FrameVariable(name: "pair", mangledType: "$s3App4PairVD", offset: 40, size: 16)],
      ]
    )
  }

  @Test("A place that doesn't fit how the function is resumed isn't believed")
  func misplaced() {
    let text = """
      function 1a0 \(Self.listening)TQ1_
      variable 0 40 8 1 $s3App4FeedCD\tself
      function 2b0 \(Self.listening)TY0_
      variable 1 40 8 1 $s3App4FeedCD\tself
      function 3c0 \(Self.listening)
      variable 0 40 8 1 $s3App4FeedCD\tself
      function 4d0 main
      variable 0 40 8 1 $s3App4FeedCD\tself

      """
    #expect(VariableReader.parse(text).values.joined().isEmpty)
  }

  @Test("Of variables in one place the function's own counts, not the one of what was inlined")
  func repeated() {
    let text = """
      function 1a0 \(Self.listening)TY0_
      variable 0 40 8 1 $s3App4FeedCD\tself
      variable 0 40 8 1 $s3App4FeedCD\tother

      """
    #expect(VariableReader.parse(text)[0x1a0]?.map(\.name) == ["self"])
  }

  @Test(
    "Lines that make no sense, and one that was cut off, say nothing",
    arguments: [
      "", "\n\n", "variable 0 40 8 1 $s\tself\n", "function\nfunction 12\nvariable\n",
      "function zz \(listening)TY0_\nvariable 0 40 8 1 -\tself\n",
      "function 1a0 \(listening)TY0_\nvariable 0 x 8 1 -\tself\nvariable 0 40 8 1 -self\n",
      "function 1a0 \(listening)TY0_\nvariable 0 99999999999 8 1 -\tself\n",
      "function 1a0 \(listening)TY0_\nvariable 0 40 99999999999 1 -\tself\n",
      "function 1a0 \(listening)TY0_\nvariable 0 40 8 1 -\tse",
      "function 1a0 \(listening)TY0_\nvariable 0 40 8 1 -\t$τ_0_0\n",
    ]
  )
  func nonsense(text: String) {
    #expect(VariableReader.parse(text).values.joined().isEmpty)
  }

  @Test("The class of a variable is known by its type")
  func classes() {
    func name(_ type: String?) -> String? {
      FrameVariable(name: "x", mangledType: type, offset: 40).className
    }
    #expect(name("$s3App4FeedCD") == "Feed")
    #expect(name("$s3App5OuterV4FeedCD") == "Feed")
    #expect(name("$s3App4FeedCySiGD") == "Feed")
    // Of an optional the object may be one of the class only, and of these types one of any.
    #expect(name("$s3App4FeedCSgD") == "Feed")
    for type in ["$s3App4PairVD", "$sSay3App4FeedCGD", "$sIegh_D", "$s3App1P_pD", "junk", "", nil] {
      #expect(name(type) == nil)
    }
  }

  @Test("How a part of a function is resumed follows from its symbol")
  func resumption() {
    #expect(SwiftDemangler.resumption(of: Self.listening + "TQ1_") == .byCallee)
    #expect(SwiftDemangler.resumption(of: Self.listening + "TY12_") == .byItself)
    #expect(SwiftDemangler.resumption(of: Self.listening + "TATQ0_") == .byCallee)
    #expect(SwiftDemangler.resumption(of: Self.listening + "TY0_.22") == .byItself)
    for symbol in [Self.listening, "main", "TQ1_", "", "$s3App4mainyyF.resume.0"] {
      #expect(SwiftDemangler.resumption(of: symbol) == nil)
    }
  }
}
