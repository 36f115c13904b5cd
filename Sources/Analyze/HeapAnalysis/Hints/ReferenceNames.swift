/// What a property's name suggests about the direction of the reference.
///
/// A hint, no proof: the names are those that Cocoa, UIKit, SwiftNIO and common tree and list code
/// give to references back and to references that own. Whatever they suggest is verified by counts.
enum ReferenceNames {
  enum Direction {
    /// Towards what owns the referring object.
    case back
    /// Towards what the referring object owns.
    case owning
  }

  private static let back: Set<String> = [
    "ancestor", "container", "context", "controller", "coordinator", "datasource", "delegate",
    "document", "enclosing", "engine", "host", "listener", "manager", "master", "observer", "outer",
    "owner", "parent", "presenter", "prev", "previous", "responder", "root", "server", "source",
    "superlayer", "superview", "supervisor", "target", "window",
  ]

  private static let owning: Set<String> = [
    "base", "buckets", "buffer", "cache", "cells", "child", "children", "contents", "elements",
    "entries", "first", "handlers", "head", "items", "layers", "left", "listeners", "members",
    "next",
    "nodes", "observers", "pages", "queue", "right", "rows", "sections", "storage", "subviews",
    "successor", "tail", "values",
  ]

  /// Judges the last part of a label by its whole name, then its last word, then its first.
  static func direction(of label: String) -> Direction? {
    let words = words(of: label)
    guard let first = words.first, let last = words.last else { return nil }
    for name in [words.joined(), last, first] {
      if back.contains(name) { return .back }
      if owning.contains(name) { return .owning }
    }
    return nil
  }

  /// Splits the last part of a label: of `state.parentNode`, `parent` and `node` remain.
  ///
  /// Lazy and wrapped properties carry prefixes of the
  /// compiler's: `$__lazy_storage_$_parent`, `_parent`.
  private static func words(of label: String) -> [String] {
    var words: [String] = []
    var isAfterUppercase = false
    let property = label.split(separator: ".").last ?? ""
    for character in property {
      if character == "$" || character == "_" {
        words.removeAll()
      } else if character.isLetter {
        if words.isEmpty || (character.isUppercase && !isAfterUppercase) { words.append("") }
        words[words.count - 1] += character.lowercased()
      }
      isAfterUppercase = character.isUppercase
    }
    return words
  }
}
