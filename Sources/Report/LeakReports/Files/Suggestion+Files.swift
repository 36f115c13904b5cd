import Glibc

extension Suggestion {
  /// The file of the same folder that a path that isn't there was perhaps meant to be.
  ///
  /// - Parameters:
  ///   - path: what the user typed.
  ///   - mode: what the file has to be good for, as `access(2)` takes it.
  /// - Returns: the path in the same folder; nil where none is near enough.
  package static func nearestFile(to path: String, mode: Int32 = F_OK) -> String? {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let names = files(in: folder.isEmpty ? "." : folder).filter {
      access(folder + $0, mode) == 0 && isFile(folder + $0)
    }
    return nearest(to: fileName(path), among: names).map { folder + $0 }
  }

  /// The names in a folder; none where it can't be read, and not more than a person would look through.
  package static func files(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory), names.count < 10_000 {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Whether there is something that isn't a folder.
  package static func isFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
  }
}
