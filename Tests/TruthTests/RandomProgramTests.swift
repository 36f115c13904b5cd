import Foundation
import HeapAnalysis
import LeakReports
import TestSupport
import Testing

/// Random programs that know what they leak: Remnant says the same, object for object.
///
/// The same two each time. `REMNANT_SEED=n` runs one seed, `REMNANT_SEED=random` another one, `REMNANT_SEEDS=n` as many
/// random ones; those are printed.
@Suite("Random programs", .serialized) struct RandomProgramTests {
  private static let seeds: [UInt64] = {
    let environment = ProcessInfo.processInfo.environment
    if let seed = environment["REMNANT_SEED"].flatMap({ UInt64($0) }) { return [seed] }
    let count =
      environment["REMNANT_SEEDS"].flatMap { Int($0) }
      ?? (environment["REMNANT_SEED"] == "random" ? 1 : 0)
    guard count > 0 else { return [1, 2026] }
    let seeds = (0..<count).map { _ in UInt64.random(in: 0..<1_000_000_000) }
    print("RandomProgramTests: REMNANT_SEED=\(seeds.map(String.init).joined(separator: ", "))")
    return seeds
  }()

  @Test(
    "What leaks is reported as leaked, and nothing else",
    arguments: seeds,
    GeneratedProgram.Configuration.allCases
  )
  func leaks(seed: UInt64, configuration: GeneratedProgram.Configuration) async throws {
    try await check(ProgramGenerator(seed: seed, leaks: true), configuration)
  }

  @Test(
    "Where nothing leaks, nothing is reported",
    arguments: seeds,
    GeneratedProgram.Configuration.allCases
  )
  func clean(seed: UInt64, configuration: GeneratedProgram.Configuration) async throws {
    let generator = ProgramGenerator(seed: seed, leaks: false)
    let truth = try await check(generator, configuration)
    #expect(truth.leaked.isEmpty, "the generator is wrong: seed \(seed)")
  }

  @Test(
    "Tasks that nothing can resume are reported with what they keep, those that something can resume never",
    arguments: seeds,
    GeneratedProgram.Configuration.allCases
  )
  func tasks(seed: UInt64, configuration: GeneratedProgram.Configuration) async throws {
    try await check(TaskProgramGenerator(seed: seed, fates: .lostOrEnded), configuration)
    let generator = TaskProgramGenerator(seed: seed, fates: .keptOrEnded)
    let truth = try await check(generator, configuration)
    #expect(truth.leaked.isEmpty, "the generator is wrong: seed \(seed)")
  }

  @Test(
    "So they are in static and in stripped programs",
    arguments: GeneratedProgram.Variant.allCases
  )
  func taskVariants(variant: GeneratedProgram.Variant) async throws {
    let seed = Self.seeds[0]
    for fates in [TaskProgramGenerator.Fates.lostOrEnded, .keptOrEnded] {
      try await check(TaskProgramGenerator(seed: seed, fates: fates), .release, variant)
    }
  }

  /// Frames are read without types, and a frame that waits has words of what lay there before it: a task that something
  /// can resume may seem to hold one that is stuck.
  @Test(
    "Where some tasks are stuck beside others that aren't, no other is reported, and many of them are",
    arguments: seeds,
    GeneratedProgram.Configuration.allCases
  )
  func mixedTasks(seed: UInt64, configuration: GeneratedProgram.Configuration) async throws {
    let generator = TaskProgramGenerator(seed: seed, fates: .any)
    let program = try await GeneratedProgram(generator, configuration)
    defer { program.remove() }
    let truth = try await program.truth()
    let (_, report) = try await program.watched()
    let place: Comment = "REMNANT_SEED=\(seed), \(configuration.rawValue)"
    var found = 0
    for entry in report.leakedTypes where entry.type.hasPrefix("Program.") {
      #expect(entry.count <= truth.leaked[entry.type, default: 0], "\(entry.type): \(place)")
      found += entry.count
    }
    #expect(found * 4 > truth.leaked.values.reduce(0, +), place)
    #expect(report.summary.countsNegative == 0, place)
  }

  @discardableResult
  private func check(
    _ generator: some ProgramSource,
    _ configuration: GeneratedProgram.Configuration,
    _ variant: GeneratedProgram.Variant? = nil
  ) async throws -> GeneratedProgram.Truth {
    let program = try await GeneratedProgram(generator, configuration, variant)
    defer { program.remove() }
    let truth = try await program.truth()
    let (run, report) = try await program.watched()
    let place: Comment = "REMNANT_SEED=\(generator.seed), \(configuration.rawValue)"

    let own = report.leakedTypes.filter { !$0.type.hasPrefix("Swift.") }
    let reported = Dictionary(uniqueKeysWithValues: own.map { ($0.type, $0.count) })
    let differences = Set(reported.keys).union(truth.leaked.keys).sorted().compactMap { type in
      let (leaked, said) = (truth.leaked[type, default: 0], reported[type, default: 0])
      return leaked == said ? nil : "\(type): \(leaked) leaked, \(said) reported"
    }
    #expect(differences.isEmpty, place)
    #expect(report.summary.countsNegative == 0, place)
    #expect(run.exitStatus == (truth.leaked.isEmpty ? 0 : 23), place)
    if truth.leaked.isEmpty {
      #expect(report.findings.filter { $0.confidence != .possible }.isEmpty, place)
    }
    return truth
  }
}
