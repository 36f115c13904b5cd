import Foundation
import Testing

@testable import WeakReferences

@Suite struct DeallocationLimitTests {
  @Test("a limit of more than a century is no limit", arguments: [Int64.max, -1])
  func limits(seconds: Int64) async {
    let box = Box(Item())
    let reference = box.value.map { WeakRef($0) }
    let isDead = Task { await reference?.deallocation(within: .seconds(seconds)) }
    guard seconds > 0 else {
      #expect(await isDead.value == false)
      return
    }
    await Task.yield()
    box.value = nil
    #expect(await isDead.value == true)
  }
}
