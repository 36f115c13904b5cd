import Census
import Foundation

let file = FileManager.default.temporaryDirectory.appending(path: "players-\(UUID()).sqlite")
defer {
  for suffix in ["", "-wal", "-shm"] {
    try? FileManager.default.removeItem(atPath: file.path + suffix)
  }
}
try play(in: file.path, .requested)
Census.report()
