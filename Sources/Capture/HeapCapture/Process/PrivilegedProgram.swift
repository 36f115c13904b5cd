internal import CLinux
internal import Glibc

/// Tells programs that run with more rights than their user has: the loader preloads nothing into them.
package enum PrivilegedProgram {
  /// Whether the kernel would start a file in secure mode (`AT_SECURE`, ld.so(8)).
  package static func isPrivileged(_ file: String) -> Bool {
    var status = stat()
    guard stat(file, &status) == 0 else { return false }
    if status.st_mode & S_ISUID != 0, status.st_uid != getuid() { return true }
    if status.st_mode & S_ISGID != 0, status.st_gid != getgid() { return true }
    return getuid() != 0 && remnant_has_capabilities(file) != 0
  }
}
