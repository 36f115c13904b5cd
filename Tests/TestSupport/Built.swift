import Foundation

/// Where the built tool and recorder are: beside the test bundle.
package enum Built {
  /// The command.
  package static func tool() throws -> String { try path("remnant") }
  /// The library that it preloads.
  package static func recorder() throws -> String { try path("libRemnantRecorder.so") }

  /// The test bundle itself, to run some of its tests in a process of their own.
  package static func testBundle() throws -> String {
    guard let bundle = try bundleURL() else { throw Missing(path: "the test bundle") }
    return bundle.path
  }

  private static func path(_ name: String) throws -> String {
    guard let bundle = try bundleURL() else { throw Missing(path: "the test bundle's folder") }
    let path = bundle.deletingLastPathComponent().appending(path: name).path
    guard FileManager.default.isReadableFile(atPath: path) else { throw Missing(path: path) }
    return path
  }

  /// The file that this code was loaded from, which isn't always the process's executable: the one
  /// that `/proc/self/maps` names for an address in it.
  private static func bundleURL() throws -> URL? {
    let address = UInt(bitPattern: #dsohandle)
    let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
    for line in maps.split(separator: "\n") {
      let columns = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
      let bounds = columns[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      if bounds.count == 2, columns.count == 6, bounds[0] <= address, address < bounds[1] {
        return URL(filePath: columns[5].trimmingCharacters(in: .whitespaces))
      }
    }
    return nil
  }

  struct Missing: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path) has not been built" }
  }
}
