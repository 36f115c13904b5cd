// swift-tools-version: 6.3
import PackageDescription

// The folders of `Sources`, lowest floor first. A target imports only what stands on its own floor or below: checked at
// the end of this file, for every build.
let floors: KeyValuePairs = [
  "WeakReferences": ["CWeakReferences", "WeakReferences"],
  "SwiftLayout": ["CSwiftDemangle", "CSwiftLayout", "CSwiftRemoteMirror"],
  "Record": ["CRecorderFormat", "CRemnantRecorder", "CRecorderLibrary"],
  "Capture": ["CLinux", "ELF", "HeapGraph", "HeapCapture"],
  "Analyze": ["HeapAnalysis"],
  "Report": ["CDwarf", "Symbolication", "LeakReports"],
  "Examine": ["Examination"],
  "Testing": ["CRemnantTesting", "CTaskPool", "CUnwind", "Remnant", "RemnantTesting"],
  "Command": [
    "RemnantConfiguration", "ProgramRunner", "TestRunner", "remnant", "remnant-demo",
  ],
]

let package = Package(
  name: "Remnant",
  products: [
    .executable(name: "remnant", targets: ["remnant"]),
    .executable(name: "remnant-demo", targets: ["remnant-demo"]),
    .library(name: "WeakReferences", targets: ["WeakReferences"]),
    .library(name: "Remnant", targets: ["Remnant"]),
    .library(name: "RemnantTesting", targets: ["RemnantTesting"]),
    .plugin(name: "RemnantPlugin", targets: ["RemnantPlugin"]),
    // The command preloads this library into the program that it watches.
    .library(name: "RemnantRecorder", type: .dynamic, targets: ["CRecorderLibrary"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // record
    .target(name: "CRecorderFormat"),
    .target(name: "CSwiftLayout"),
    .target(name: "CRemnantRecorder", dependencies: ["CRecorderFormat", "CSwiftLayout"]),
    .target(
      name: "CRecorderLibrary",
      dependencies: ["CRemnantRecorder"],
      exclude: ["NoSwiftRuntime", "exports.map"],
      // It is preloaded into programs that may not be Swift: nothing of Swift comes along with it,
      // neither the runtime nor the start file that registers an image with it.
      linkerSettings: [
        .unsafeFlags([
          "-nostartfiles", "-no-toolchain-stdlib-rpath", "-resource-dir",
          "\(Context.packageDirectory)/Sources/Record/CRecorderLibrary/NoSwiftRuntime", "-Xlinker",
          "--version-script=\(Context.packageDirectory)/Sources/Record/CRecorderLibrary/exports.map",
          // Looking a function up at its first call takes kilobytes of a signal handler's stack.
          "-Xlinker", "-z", "-Xlinker", "now",
        ])
      ]
    ),

    // capture
    .target(name: "CSwiftDemangle"),
    .target(
      name: "CLinux",
      dependencies: ["CSwiftLayout"],
      // libunwind-ptrace needs lzma, and says so to no one.
      linkerSettings: ["unwind-ptrace", "unwind-generic", "unwind", "lzma"].map {
        .linkedLibrary($0)
      }
    ),
    .target(
      name: "CSwiftRemoteMirror",
      linkerSettings: [.linkedLibrary("swiftRemoteMirror")]
    ),
    .target(name: "ELF"),
    .target(name: "HeapGraph"),
    .target(
      name: "HeapCapture",
      dependencies: [
        "CRecorderFormat", "CLinux", "CSwiftDemangle", "CSwiftLayout", "CSwiftRemoteMirror", "ELF",
        "HeapGraph",
      ]
    ),

    // analyze
    .target(name: "HeapAnalysis", dependencies: ["HeapGraph"]),

    // report
    .target(name: "CDwarf"),
    .target(name: "Symbolication", dependencies: ["CDwarf", "CSwiftDemangle", "ELF", "HeapGraph"]),
    .target(
      name: "LeakReports",
      dependencies: ["HeapGraph", "HeapAnalysis", "Symbolication"],
      resources: [
        "page.css", "finding.css", "flame.css", "print.css",
        "elements.js", "picture.js", "finding.js", "findings.js", "flame.js", "page.js",
      ].map { .embedInCode("Page/\($0)") }
    ),
    // From a snapshot to a report: the one way.
    .target(
      name: "Examination",
      dependencies: ["HeapAnalysis", "HeapCapture", "HeapGraph", "LeakReports", "Symbolication"]
    ),
    // What a project's `.remnant.yml` says.
    .target(
      name: "RemnantConfiguration",
      dependencies: ["LeakReports", .product(name: "Yams", package: "Yams")]
    ),
    // One program, from its start to its report; and a package's tests, each with a verdict.
    .target(
      name: "ProgramRunner",
      dependencies: [
        "ELF", "Examination", "HeapAnalysis", "HeapCapture", "LeakReports", "Symbolication",
      ]
    ),
    .target(
      name: "TestRunner",
      dependencies: ["HeapAnalysis", "HeapCapture", "LeakReports", "ProgramRunner"]
    ),
    // `swift package remnant …`
    .plugin(
      name: "RemnantPlugin",
      capability: .command(
        intent: .custom(
          verb: "remnant",
          description: "Find out what leaks: `swift package remnant test`."
        )
      ),
      dependencies: ["remnant"]
    ),
    // What `remnant demo` shows: a program with a leak, and nothing of Remnant's in it.
    .executableTarget(name: "remnant-demo"),
    .executableTarget(
      name: "remnant",
      dependencies: [
        "ELF", "HeapAnalysis", "HeapCapture", "LeakReports", "ProgramRunner",
        "RemnantConfiguration", "Symbolication", "TestRunner",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),

    // weak references: a library of its own
    .target(name: "CWeakReferences"),
    .target(name: "WeakReferences", dependencies: ["CWeakReferences"]),
    // track, in the process itself
    .target(
      name: "CUnwind",
      linkerSettings: ["unwind-generic", "unwind", "lzma"].map { .linkedLibrary($0) }
    ),
    .target(name: "CTaskPool"),
    .target(
      name: "Remnant",
      dependencies: [
        "CRemnantRecorder", "CTaskPool", "CUnwind", "Examination", "HeapAnalysis", "HeapCapture",
        "HeapGraph", "LeakReports", "Symbolication", "WeakReferences",
      ]
    ),

    // test
    .target(name: "CRemnantTesting", dependencies: ["CSwiftLayout"]),
    .target(
      name: "RemnantTesting",
      dependencies: ["CRemnantTesting", "CTaskPool", "LeakReports", "Remnant", "WeakReferences"]
    ),

    .testTarget(name: "RemnantTests", dependencies: ["Remnant", "TestSupport", "WeakReferences"]),
    .testTarget(
      name: "RemnantTestingTests",
      dependencies: ["Remnant", "RemnantTesting", "TestSupport", "WeakReferences"]
    ),
    .target(name: "CMallocStatistics", path: "Tests/CMallocStatistics"),
    .testTarget(
      name: "WeakReferencesTests",
      dependencies: ["WeakReferences", "CWeakReferences", "CMallocStatistics"]
    ),

    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .target(
      name: "HeapTestSupport",
      dependencies: ["HeapAnalysis", "HeapGraph"],
      path: "Tests/HeapTestSupport"
    ),
    .testTarget(
      name: "RecorderTests",
      dependencies: ["CRecorderFormat", "TestSupport"],
      exclude: ["Programs"]
    ),
    .testTarget(name: "HostTests", dependencies: ["TestSupport"], exclude: ["Programs"]),
    // Each module on values that the tests write: `swift test --filter UnitTests` takes seconds.
    .testTarget(
      name: "ELFUnitTests",
      dependencies: ["ELF", "TestSupport"],
      path: "Tests/UnitTests/ELF"
    ),
    .testTarget(
      name: "HeapCaptureUnitTests",
      dependencies: [
        "CLinux", "CRecorderFormat", "CSwiftLayout", "CSwiftRemoteMirror", "ELF", "HeapAnalysis",
        "HeapCapture", "HeapGraph", "TestSupport",
      ],
      path: "Tests/UnitTests/HeapCapture"
    ),
    .testTarget(
      name: "HeapAnalysisUnitTests",
      dependencies: ["HeapAnalysis", "HeapGraph", "HeapTestSupport", "TestSupport"],
      path: "Tests/UnitTests/HeapAnalysis"
    ),
    .testTarget(
      name: "SymbolicationTests",
      dependencies: ["Symbolication", "ELF", "HeapGraph", "TestSupport"]
    ),
    .testTarget(
      name: "LeakReportsUnitTests",
      dependencies: [
        "LeakReports", "HeapAnalysis", "HeapGraph", "HeapTestSupport", "Symbolication",
        "TestSupport",
      ],
      path: "Tests/UnitTests/LeakReports",
      exclude: ["Golden"]
    ),
    .testTarget(
      name: "RemnantConfigurationUnitTests",
      dependencies: ["LeakReports", "RemnantConfiguration"],
      path: "Tests/UnitTests/RemnantConfiguration"
    ),
    .testTarget(
      name: "ProgramRunnerUnitTests",
      dependencies: ["HeapAnalysis", "HeapCapture", "LeakReports", "ProgramRunner", "TestSupport"],
      path: "Tests/UnitTests/ProgramRunner"
    ),
    .testTarget(
      name: "TestRunnerUnitTests",
      dependencies: ["HeapAnalysis", "LeakReports", "ProgramRunner", "TestRunner"],
      path: "Tests/UnitTests/TestRunner"
    ),
    // Every format, opened by a program that somebody else wrote.
    .testTarget(
      name: "FormatTests",
      dependencies: ["LeakReports", "HeapAnalysis", "HeapGraph", "TestSupport"],
      exclude: ["browser-flame.js", "browser.js"]
    ),
    .testTarget(
      name: "EndToEndTests",
      dependencies: ["ELF", "HeapAnalysis", "HeapGraph", "LeakReports", "TestSupport"],
      exclude: ["Typist.c"]
    ),
    // The documentation, followed as its reader does.
    .testTarget(
      name: "DocumentationTests",
      dependencies: [
        "HeapAnalysis", "LeakReports", "RemnantConfiguration", "RemnantTesting", "TestSupport",
      ]
    ),
    .testTarget(name: "RealProgramTests", dependencies: ["TestSupport"]),
    .testTarget(name: "TruthTests", dependencies: ["HeapAnalysis", "LeakReports", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)

var floorOfTarget: [String: Int] = [:]
for (index, floor) in floors.enumerated() {
  for name in floor.value { floorOfTarget[name] = index }
}
for target in package.targets {
  guard let floor = floorOfTarget[target.name] else {
    guard target.path != nil || target.type == .test || target.type == .plugin else {
      fatalError("Package.swift: the target \(target.name) stands on no floor: add it to `floors`")
    }
    continue
  }
  target.path = "Sources/\(floors[floor].key)/\(target.name)"
  for case .byNameItem(let name, _) in target.dependencies {
    guard let other = floorOfTarget[name], other <= floor else {
      fatalError("Package.swift: \(target.name) can't depend on \(name), which stands above it")
    }
  }
}

for target in package.targets where !target.name.hasPrefix("C") && target.type != .plugin {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]
  // Warnings are errors in CI, and only there: a newer compiler must not break a user's build.
  if Context.environment["CI"] != nil {
    target.swiftSettings?.append(.treatAllWarnings(as: .error))
  }
}

// A check that fails reads the whole process, which takes four times as long without the optimizer. As whole modules:
// file by file, a user's first build takes half a minute more. (SwiftPM lets packages of tools version 6.2 and later that
// have such flags be dependencies.)
let optimized: Set = ["ELF", "HeapAnalysis", "HeapCapture", "HeapGraph"]
for target in package.targets where optimized.contains(target.name) {
  target.swiftSettings?.append(
    .unsafeFlags(
      ["-O", "-disable-batch-mode", "-whole-module-optimization", "-num-threads", "2"],
      .when(configuration: .debug)
    )
  )
}

// libFuzzer brings `main`: it is built by itself (the files of Tests/Fuzzing say how).
if Context.environment["REMNANT_FUZZING"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz-inputs",
      dependencies: ["HeapAnalysis", "LeakReports", "RemnantConfiguration"],
      path: "Tests/Fuzzing/inputs",
      exclude: ["Corpus", "Dictionary"],
      swiftSettings: [.unsafeFlags(["-parse-as-library"])]
    )
  )
  package.targets.append(
    .executableTarget(
      name: "fuzz-memory",
      dependencies: ["HeapAnalysis", "HeapCapture", "HeapGraph"],
      path: "Tests/Fuzzing/memory",
      exclude: ["Corpus", "Dictionary"],
      swiftSettings: [.unsafeFlags(["-parse-as-library"])]
    )
  )
}

// The sanitizers own malloc, as the recorder does: only the library that needs neither is built with them.
if Context.environment["REMNANT_SANITIZED"] != nil {
  let sanitized: Set = [
    "CMallocStatistics", "CWeakReferences", "WeakReferences", "WeakReferencesTests",
  ]
  package.products = [.library(name: "WeakReferences", targets: ["WeakReferences"])]
  package.targets.removeAll { !sanitized.contains($0.name) }
  package.dependencies = []
}
