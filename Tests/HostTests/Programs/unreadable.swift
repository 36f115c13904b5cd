// Memory that can't be read, or that nobody should: in a program with objects to examine.
import Glibc

final class Node {
  var next: Node?
  var payload = [1, 2, 3]
}

/// Two objects that own each other, so that there is a leak to be found.
@inline(never) func leak() {
  let node = Node()
  node.next = Node()
  node.next?.next = node
}

@main enum Main {
  static func main() {
    leak()
    switch CommandLine.arguments[1] {
    case "protected":
      // A large block, three pages of which may not be touched.
      guard let block = malloc(8 << 20) else { exit(1) }
      memset(block, 1, 8 << 20)
      let page = (Int(bitPattern: block) / 4096 + 300) * 4096
      mprotect(UnsafeMutableRawPointer(bitPattern: page), 3 * 4096, PROT_NONE)
    case "short file":
      // Pages behind the end of the file: SIGBUS for whoever touches them.
      var template = Array("/tmp/remnant-short-file-XXXXXX".utf8CString)
      let file = mkstemp(&template)
      unlink(template)
      ftruncate(file, 100)
      for flags in [MAP_PRIVATE, MAP_SHARED] {
        let pages = mmap(nil, 1 << 20, PROT_READ | PROT_WRITE, flags, file, 0)
        precondition(pages != MAP_FAILED)
      }
    case "huge":
      // Four gigabytes that are never touched.
      precondition(calloc(4 << 30, 1) != nil)
    default: exit(1)
    }
    print("still here")
    exit(0)
  }
}
