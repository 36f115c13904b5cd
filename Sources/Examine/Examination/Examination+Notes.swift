internal import Foundation
internal import HeapCapture
internal import HeapGraph

extension Examination {
  /// What limits a report on the snapshot, one sentence each.
  var notes: [String] {
    var notes: [String] = []
    if !snapshot.hasSwift {
      notes.append(
        "The program loaded no Swift code, so there are no reference counts to check."
      )
    }
    if !graph.isRuntimeKnown {
      notes.append(
        "The program uses another Swift release than remnant was made for. What could be compared matches, "
          + "but proven findings are reported as checked."
      )
    }
    if !snapshot.replacedImages.isEmpty {
      notes.append(
        "\(Self.names(of: snapshot.replacedImages)): replaced on disk since the program loaded it, so its types and "
          + "functions are unknown; start the program again."
      )
    }
    let missing = Self.names(
      of: snapshot.imagesWithoutReflection.filter { !Self.name(of: $0).hasPrefix("libswift") }
    )
    if !missing.isEmpty {
      notes.append(
        "\(missing): no reflection metadata, so the references of its types "
          + "are not known; build without -disable-reflection-metadata."
      )
    }
    let own = snapshot.unreadableTypes.filter {
      !HeapType(kind: .classInstance, name: $0).isOfToolchain
    }
    if !own.isEmpty {
      let shown = own.prefix(5).joined(separator: ", ")
      let more = own.count > 5 ? " and \(own.count - 5) more" : ""
      notes.append(
        "The layouts of these types are unknown, so leaks through them may be missed: \(shown)\(more)."
      )
    }
    if snapshot.hasSwift, snapshot.hasUnknownFreeMemory {
      notes.append(
        "The program's allocator isn't glibc's: words left in its free memory can hide leaks, of suspended tasks above "
          + "all; run with glibc's allocator to be sure."
      )
    }
    if let depth = snapshot.shortenedDepth {
      notes.append(
        "The program has so many different call stacks that later ones were cut to \(depth) frames."
      )
    }
    if snapshot.undecided.count > 0 { notes.append(Self.note(on: snapshot.undecided)) }
    if snapshot.lostBlocks > 0 {
      notes.append(
        "\(snapshot.lostBlocks) blocks have no record: the recorder ran out of memory in the program."
      )
    }
    return notes
  }

  private static func note(on undecided: UndecidedChecks) -> String {
    let count = undecided.count
    let more = count > undecided.places.count ? ", …" : ""
    return (count == 1 ? "1 check is undecided" : "\(count) checks are undecided")
      + " (\(undecided.places.joined(separator: ", "))\(more)): work that may release an object "
      + "could not run. Pass --fail-on undecided to fail for it."
  }

  private static func names(of paths: [String]) -> String {
    paths.map(name).joined(separator: ", ")
  }

  private static func name(of path: String) -> String { URL(filePath: path).lastPathComponent }
}
