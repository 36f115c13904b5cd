internal import CLinux
internal import Foundation

/// Words of the program that only the kernel keeps: what it gives back with an event.
///
/// An object whose address is nowhere but there is held, and looks leaked when only memory is read
/// only. Sources: proc(5), `fdinfo` of epoll descriptors and `timers`.
struct KernelRoots {
  private(set) var words: [UInt64] = []
  /// What the kernel keeps to itself, one short name each: requests of rings, and bytes on their way from the program
  /// to itself.
  ///
  /// A pointer may be among them.
  private(set) var hiddenHolders: [String] = []

  /// An open descriptor, as `/proc/PID/fd` names it.
  struct Descriptor {
    /// Such as `pipe:[4711]`.
    var link: String
    /// Of a pipe or socket: what it is, as `remnant_channel_of` says.
    var channel: UInt32 = 0
  }

  init(process: Int32) {
    let directory = "/proc/\(process)"
    var descriptors: [Descriptor] = []
    let names = try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/fd")
    for name in names ?? [] {
      guard
        let link = try? FileManager.default.destinationOfSymbolicLink(
          atPath: "\(directory)/fd/\(name)"
        )
      else { continue }
      var descriptor = Descriptor(link: link)
      if descriptor.isChannel, let file = Int32(name) {
        descriptor.channel = UInt32(remnant_channel_of(process, file))
      }
      descriptors.append(descriptor)
      guard link == "anon_inode:[eventpoll]" else { continue }
      words += Self.epollData(Self.contents("\(directory)/fdinfo/\(name)"))
    }
    hiddenHolders = Self.hiddenHolders(descriptors)
    words += Self.timerValues(Self.contents("\(directory)/timers"))
  }

  /// What of a program's descriptors can hold a pointer of its own.
  static func hiddenHolders(_ descriptors: [Descriptor]) -> [String] {
    var hidden: Set<String> = []
    // Of each pipe and socket: what its descriptors are.
    var channels: [String: UInt32] = [:]
    for descriptor in descriptors {
      if descriptor.link == "anon_inode:[io_uring]" { hidden.insert("requests of an io_uring") }
      if descriptor.isChannel { channels[descriptor.link, default: 0] |= descriptor.channel }
    }
    // What comes from elsewhere holds no pointer of this program.
    let ownPipe = REMNANT_CHANNEL_PIPE_INPUT.rawValue | REMNANT_CHANNEL_PIPE_UNREAD.rawValue
    if channels.values.contains(where: { $0 & ownPipe == ownPipe }) {
      hidden.insert("unread bytes in a pipe of the program's own")
    }
    if channels.values.contains(where: { $0 & REMNANT_CHANNEL_SOCKET_UNREAD.rawValue != 0 }) {
      hidden.insert("unread bytes in a socket pair of the program's own")
    }
    return hidden.sorted()
  }

  /// The `data` of lines such as
  /// `tfd:       10 events:       19 data:     55d0c8f3c0e4  pos:0 ino:61af sdev:7`.
  static func epollData(_ text: String) -> [UInt64] {
    text.split(separator: "\n").compactMap { line in
      guard let data = line.range(of: "data:") else { return nil }
      return line[data.upperBound...].split(separator: " ").first.flatMap { UInt64($0, radix: 16) }
    }
  }

  /// The value of lines such as `signal: 60/00007fff86e452a8`.
  static func timerValues(_ text: String) -> [UInt64] {
    text.split(separator: "\n").compactMap { line in
      guard line.hasPrefix("signal:"), let slash = line.firstIndex(of: "/") else { return nil }
      return UInt64(line[line.index(after: slash)...].prefix { $0.isHexDigit }, radix: 16)
    }
  }

  private static func contents(_ path: String) -> String {
    let data = try? FileHandle(forReadingAtPath: path)?.readToEnd()
    return String(decoding: data ?? Data(), as: UTF8.self)
  }
}

extension KernelRoots.Descriptor {
  fileprivate var isChannel: Bool { link.hasPrefix("pipe:") || link.hasPrefix("socket:") }
}
