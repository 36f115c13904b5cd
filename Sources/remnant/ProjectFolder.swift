internal import Foundation
internal import RemnantConfiguration

/// Where a project begins: the folder of its repository.
enum ProjectFolder {
  /// The nearest folder that has `.git`, from a folder on upwards; the folder itself where none has.
  static func root(of folder: String) -> String {
    ancestors(of: folder).first { exists(".git", in: $0) } ?? folder
  }

  /// The nearest configuration from a folder on upwards, in the same repository; nil where there is none.
  static func configuration(for folder: String) -> String? {
    let root = root(of: folder)
    for ancestor in ancestors(of: folder) {
      if exists(Configuration.fileName, in: ancestor) {
        return URL(filePath: ancestor).appending(path: Configuration.fileName).path
      }
      if ancestor == root { return nil }
    }
    return nil
  }

  private static func ancestors(of folder: String) -> [String] {
    let parts = URL(filePath: folder).standardizedFileURL.path.split(separator: "/")
    return (0...parts.count).reversed().map { "/" + parts[..<$0].joined(separator: "/") }
  }

  private static func exists(_ name: String, in folder: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/\(name)")
  }
}
