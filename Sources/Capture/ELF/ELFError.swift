/// What is wrong with a file that should be ELF.
package enum ELFError: Error, Equatable, CustomStringConvertible {
  case unreadable(String, reason: String)
  case notELF(String)
  case notSupported(String, detail: String)

  package var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path) can't be read: \(reason)"
    case .notELF(let path): "\(path) is not an ELF file"
    case .notSupported(let path, let detail): "\(path) isn't a supported ELF file: \(detail)"
    }
  }
}
