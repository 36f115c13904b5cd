extension ELFFile {
  /// The versions of clang that compiled parts of the file, such as `21.0.0`, from its `.comment`.
  ///
  /// Swift's runtime is written in C++, and each release of Swift has its own clang.
  package var clangVersions: [String] {
    var versions: [String] = []
    if let section = section(named: ".comment") {
      forEachText(after: "clang version ", in: section) { versions.append($0) }
    }
    return versions.map { String($0.prefix { $0 != " " }) }
  }
}
