import HeapGraph
import HeapTestSupport
import Testing

@testable import HeapAnalysis

@Suite struct TailTests {
  @Test("A cycle through a tail that no type describes is unreachable, and checked")
  func managedBuffer() throws {
    var heap = HeapBuilder()
    let table = heap.object("Table")
    for _ in 0..<4 {
      let row = heap.object("Row")
      heap.strong(row, "table", table)
      heap.reference(table, "", row, .conservative)
      heap.retain(row)
    }
    let finding = try #require(heap.analysis.findings.first)
    #expect(finding.kind == .unreachable)
    #expect(finding.confidence == .checked)
  }
}
