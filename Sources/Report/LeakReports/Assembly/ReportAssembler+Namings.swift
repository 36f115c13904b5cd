import HeapAnalysis
import HeapGraph

extension ReportAssembler {
  /// What names members of a finding without owning them; equal sentences are listed once, with how
  /// often they are true.
  mutating func namedBy(_ namings: [Finding.Naming], names: NodeNames) -> [String] {
    var counts: [String: Int] = [:]
    var order: [String] = []
    for naming in namings {
      let sentence = sentence(on: naming, names: names)
      if counts[sentence] == nil { order.append(sentence) }
      counts[sentence, default: 0] += 1
    }
    return order.map { sentence in
      let count = counts[sentence] ?? 1
      return count == 1 ? sentence : "\(sentence), \(grouped(count)) times"
    }
  }

  private mutating func sentence(on naming: Finding.Naming, names: NodeNames) -> String {
    let target = names.name(of: naming.target)
    switch naming.source {
    case .root(let index, let address):
      // Without the address: the same leak reads the same in the next run.
      let root = root(Int(index), address: address)
      let place =
        switch graph.roots[Int(index)].kind {
        case .global: "the global \(root.name)"
        case .threadStack: "a word on the stack of \(root.name)"
        case .register: "a register of \(root.name)"
        case .threadLocal: "thread-local storage of \(root.name)"
        case .mapping: "a word in the mapping \(root.name)"
        }
      let function = root.location.map { ", in \($0.function)," } ?? ""
      return "\(place)\(function) names \(target)"
    case .edge(let from, let edge):
      let label = graph.label(of: edge)
      let type = graph.type(of: from)
      if label.ownership == .conservative {
        let size = readableBytes(Int(graph.sizes[Int(from)]))
        return type.kind == .raw
          ? "a word in \(size) of raw memory looks like \(target)"
          : "a word in \(names.name(of: from)) looks like \(target)"
      }
      let declaringType =
        label.declaringType.isEmpty || names.closure(of: from) != nil
        ? names.name(of: from) : label.declaringType
      return
        "\(describe(label.ownership)) reference `\(label.name)` of \(declaringType) names \(target)"
    }
  }

  private func describe(_ ownership: Ownership) -> String {
    switch ownership {
    case .strong: "a strong"
    case .unowned: "an unowned"
    case .weak: "a weak"
    case .unmanaged: "an unmanaged"
    case .conservative: "a possible"
    }
  }
}
