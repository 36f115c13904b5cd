internal import Foundation

extension ControlPage {
  /// The process that the recorder took hold in, by its number here; nil where there is none.
  ///
  /// The page has the number that the process has in its own PID namespace, and lies in memory of a program that
  /// may have written anything into it: a process is never touched that doesn't have this page mapped, or that doesn't
  /// descend from `program`, which is the process that was started.
  package func watchedProcess(startedAs program: Int32) -> Int32? {
    let number = process
    if number == program { return program }
    func isWatched(_ candidate: Int32) -> Bool {
      isMapped(in: candidate, as: number)
        && ProcessDirectory(process: candidate).mayDescend(from: program)
    }
    if number > 0, isWatched(number) { return number }
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.lazy.compactMap { Int32($0) }.sorted().first(where: isWatched)
  }

  private func isMapped(in candidate: Int32, as number: Int32) -> Bool {
    let directory = ProcessDirectory(process: candidate)
    guard directory.innermostNumber == number, let living = directory.livingThread() else {
      return false
    }
    let map = ProcessDirectory(process: living).memoryMap()
    return map?.regions.contains { region in
      region.inode == inode && ["/memfd:", "/SYSV"].contains(where: region.path.hasPrefix)
    } ?? false
  }
}
