import Foundation
import Testing

@testable import HeapCapture

@Suite("What the kernel keeps", .serialized) struct KernelRootsTests {
  private static let pipe = "unread bytes in a pipe of the program's own"
  private static let socket = "unread bytes in a socket pair of the program's own"

  private func holders() -> [String] { KernelRoots(process: getpid()).hiddenHolders }

  @Test(
    "A pointer's bytes in a pipe of the program's own are a holder that can't be read, fewer aren't"
  )
  func ownPipe() {
    var ends: [Int32] = [0, 0]
    guard Glibc.pipe(&ends) == 0 else { return }
    defer { for end in ends { close(end) } }
    let before = holders().contains(Self.pipe)
    _ = write(ends[1], "1234567", 7)
    #expect(holders().contains(Self.pipe) == before)
    _ = write(ends[1], "8", 1)
    #expect(holders().contains(Self.pipe))
  }

  @Test("Bytes in a socket pair of the program's own, too")
  func ownSockets() {
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0 else { return }
    defer { for end in ends { close(end) } }
    _ = write(ends[1], "12345678", 8)
    #expect(holders().contains(Self.socket))
  }
}
