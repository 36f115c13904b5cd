import CLinux
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

  // MARK: Texts of the kernel

  @Test("The data of epoll's descriptors are words, in hexadecimal")
  func epoll() {
    let text = """
      pos:\t0
      flags:\t02
      tfd:       10 events:       19 data:     55d0c8f3c0e4  pos:0 ino:61af sdev:7
      tfd:       11 events: 80000019 data: ffffffffffffffff  pos:0 ino:61b0 sdev:7
      tfd:        3 events:       19 data:                3  pos:0 ino:61b1 sdev:7

      """
    #expect(KernelRoots.epollData(text) == [0x55d0_c8f3_c0e4, .max, 3])
  }

  @Test("The values of timers are words, too")
  func timers() {
    let text = """
      ID: 0
      signal: 60/00007fff86e452a8
      notify: signal/pid.2634
      ClockID: 0
      ID: 1
      signal: 60/ffffffffffffffff
      """
    #expect(KernelRoots.timerValues(text) == [0x7fff_86e4_52a8, .max])
  }

  @Test(
    "Other texts have no words",
    arguments: [
      "", "\n\n", "data:", "data: ", "data:\n1", "tfd: 1 data: xyz", "data: -1",
      "data: 1ffffffffffffffff", "signal:", "signal: 60", "signal: 60/", "signal: 60/x",
      "signal: /1ffffffffffffffff", " signal: 60/1", "\u{0}data", "signal:\n/12", "é data:é",
    ]
  )
  func hostileText(text: String) {
    #expect(KernelRoots.epollData(text).isEmpty)
    #expect(KernelRoots.timerValues(text).isEmpty)
  }

  @Test("Descriptors hold something of the program's own only where both ends are its own")
  func hiddenHolders() {
    func holders(_ descriptors: [(link: String, channel: remnant_channel.RawValue)]) -> [String] {
      KernelRoots.hiddenHolders(descriptors.map { .init(link: $0.link, channel: $0.channel) })
    }
    let input = REMNANT_CHANNEL_PIPE_INPUT.rawValue
    let unread = REMNANT_CHANNEL_PIPE_UNREAD.rawValue
    let socket = REMNANT_CHANNEL_SOCKET_UNREAD.rawValue
    #expect(holders([]).isEmpty)
    #expect(holders([("/dev/null", .max), ("anon_inode:[eventpoll]", .max), ("", .max)]).isEmpty)
    #expect(holders([("pipe:[1]", input), ("pipe:[1]", unread)]) == [Self.pipe])
    // The ends of two pipes.
    #expect(holders([("pipe:[1]", input), ("pipe:[2]", unread)]).isEmpty)
    #expect(holders([("pipe:[1]", unread)]).isEmpty)
    #expect(holders([("socket:[3]", socket)]) == [Self.socket])
    #expect(
      holders([("anon_inode:[io_uring]", 0), ("socket:[3]", socket), ("anon_inode:[io_uring]", 0)])
        == ["requests of an io_uring", Self.socket]
    )
  }
}
