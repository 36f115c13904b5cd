/// What a program was asked to do: be clean, or plant its leak.
public enum Mode: String, Sendable {
  case clean
  case leaky

  /// The program's only argument; ends with a message where it is something else.
  public static let requested: Mode = {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 1, let mode = arguments.first.flatMap(Mode.init) else {
      fatalError("usage: \(CommandLine.arguments[0]) clean|leaky")
    }
    return mode
  }()
}
