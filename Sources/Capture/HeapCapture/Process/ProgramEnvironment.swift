internal import CLinux
internal import Glibc

/// The variables that a program is started with: this process's own, byte for byte.
///
/// Names and values need not be text, nor names unique, so this isn't a dictionary of strings.
package struct ProgramEnvironment: Sendable {
  /// "NAME=VALUE" without the final zero, in order.
  package private(set) var variables: [[UInt8]] = []
  /// How many of them are not from this process's own environment.
  private var addedCount = 0

  /// The environment of this process.
  package init() {
    var next = remnant_environment()
    while let text = next?.pointee {
      let bytes = UnsafeRawBufferPointer(start: text, count: strlen(text))
      variables.append(Array(bytes))
      next = next?.advanced(by: 1)
    }
  }

  /// Adds a variable, or changes it where there is one of that name.
  package mutating func set(_ name: String, to value: String) {
    let prefix = Array("\(name)=".utf8)
    if let index = variables.firstIndex(where: { $0.starts(with: prefix) }) {
      variables[index] = prefix + Array(value.utf8)
    } else {
      variables.append(prefix + Array(value.utf8))
      addedCount += 1
    }
  }

  /// Adds a library that the loader puts before all others, in front of what is there already.
  package mutating func preload(_ library: String) {
    let prefix = Array("LD_PRELOAD=".utf8)
    // Of several with this name it depends on the loader which one counts.
    var isThere = false
    for index in variables.indices where variables[index].starts(with: prefix) {
      variables[index] =
        prefix + Array("\(library):".utf8) + variables[index].dropFirst(prefix.count)
      isThere = true
    }
    guard !isThere else { return }
    variables.append(prefix + Array(library.utf8))
    addedCount += 1
  }

  /// Makes the number of added variables an even one: what the recorder takes away again leaves a
  /// gap before the kernel's auxiliary vector, whose entries are pairs of words.
  package mutating func pad(with name: String) {
    if addedCount % 2 != 0 { set(name, to: "") }
  }
}
