internal import CSwiftRemoteMirror
internal import ELF
internal import Foundation
internal import HeapAnalysis
internal import HeapGraph
internal import LeakReports

final class ReportSymbolicator: Symbolicating {
  var notes: [String] = []
  let graph: HeapGraph
  var tables: [String: SymbolTable] = [:]
  init(graph: HeapGraph, analysis: HeapAnalysis) { self.graph = graph }
  func sym(_ a: UInt64) -> (String, String)? {
    guard let i = graph.images.first(where: { $0.range.contains(a) }) else { return nil }
    let t = tables[i.path] ?? (try? ELFFile(path: i.path))?.symbolTable()
    tables[i.path] = t
    guard let t, let s = t.symbol(containing: a - i.loadBias) else { return ("?", i.path) }
    return (s.name, i.path)
  }
  func frames(at returnAddress: UInt64) -> [SymbolicatedFrame] {
    guard let (n, p) = sym(returnAddress - 1) else { return [SymbolicatedFrame(function: "0x" + String(returnAddress, radix: 16), image: "?", isLibraryFrame: true)] }
    return [SymbolicatedFrame(function: n, image: p, isLibraryFrame: p.hasPrefix("/opt/") || p.hasPrefix("/usr/") )]
  }
  func closure(at functionAddress: UInt64) -> ClosureDescription? {
    sym(functionAddress).map { ClosureDescription(name: $0.0) }
  }
}
