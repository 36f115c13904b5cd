import Foundation
import PackagePlugin

/// `swift package remnant test …` builds the package's tests and runs them under Remnant; every other command is
/// passed on as it is.
@main struct RemnantPlugin: CommandPlugin {
  func performCommand(context: PluginContext, arguments: [String]) throws {
    let tool = try context.tool(named: "remnant")
    var command = arguments
    if command.first == "test", !command.contains("--bundle") {
      // Not by the command itself: SwiftPM holds the build folder while a plugin runs.
      let bundle = try build(.all(includingTests: true), context)
        .appending(path: "\(context.package.displayName)PackageTests.xctest")
      command.insert(contentsOf: ["--bundle", bundle.path], at: 1)
    }
    // The library that the command preloads lies beside it.
    _ = try build(.product("RemnantRecorder"), context)
    let process = Process()
    process.executableURL = tool.url
    process.arguments = command
    try process.run()
    process.waitUntilExit()
    // The command has said what is wrong; SwiftPM makes one status, 1, of every failure of a plugin.
    if process.terminationStatus != 0 { exit(process.terminationStatus) }
  }

  /// Returns the folder of what was built.
  private func build(_ subset: PackageManager.BuildSubset, _ context: PluginContext) throws -> URL {
    let result = try packageManager.build(subset, parameters: .init(echoLogs: true))
    guard result.succeeded else {
      Diagnostics.error("the build failed: nothing was tested")
      exit(125)
    }
    let tool = try context.tool(named: "remnant").url.deletingLastPathComponent()
    return result.builtArtifacts.first?.url.deletingLastPathComponent() ?? tool
  }
}
