internal import Glibc

/// The folder that source files are named relative to.
package struct SourceRoot: Sendable {
  package let folder: String
  private let prefix: String

  package init(_ folder: String) {
    self.folder = folder
    prefix = folder.hasSuffix("/") ? folder : folder + "/"
  }

  /// The nearest folder that has `.git`, which is a file in a worktree, from a folder on upwards; the folder itself where
  /// none has.
  package init(repositoryAround folder: String) {
    var ancestor = folder[...]
    while !ancestor.isEmpty, access(ancestor + "/.git", F_OK) != 0 {
      ancestor = ancestor[..<(ancestor.lastIndex(of: "/") ?? ancestor.startIndex)]
    }
    self.init(ancestor.isEmpty ? folder : String(ancestor))
  }

  /// The path in the folder; the whole path of a file elsewhere.
  func relative(_ file: String) -> String {
    file.hasPrefix(prefix) ? String(file.dropFirst(prefix.count)) : file
  }

  /// Whether a file lies in the folder.
  func contains(_ file: String) -> Bool { file.hasPrefix(prefix) || !file.hasPrefix("/") }
}
