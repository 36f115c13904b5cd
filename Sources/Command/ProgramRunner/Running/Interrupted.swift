/// The user wants the tool to end, and there is nothing to report.
package struct Interrupted: Error {
  package var signal: Int32
}
