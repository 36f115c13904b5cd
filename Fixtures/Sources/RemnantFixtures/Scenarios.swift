/// Every scenario; each has an expectation of its name beside the code.
let scenarios: [any Scenario.Type] = leakyScenarios + cleanScenarios

private let leakyScenarios: [any Scenario.Type] = [
  FieldCycle.self,
  ClosureCapturesSelf.self,
]

private let cleanScenarios: [any Scenario.Type] = [
  WeakBackReference.self
]
