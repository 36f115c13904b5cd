/// Every scenario; each has an expectation of its name in `Expectations`.
let scenarios: [any Scenario.Type] = leakyScenarios + cleanScenarios

private let leakyScenarios: [any Scenario.Type] = [
  CaptureList.self,
  NestedClosures.self,
  CapturedVariable.self,
  LazyClosure.self,
  ObserverList.self,
  ClosureCapturesSelf.self,
  ArrayCycle.self,
  DictionaryValueCycle.self,
  DictionaryKeyCycle.self,
  SetCycle.self,
  DemoSession.self,
  OptionalCycle.self,
  MultiPayloadEnum.self,
  IndirectEnum.self,
  SmallExistential.self,
  LargeExistential.self,
  StrongDelegate.self,
  ClassExistential.self,
  ErrorExistential.self,
  FieldCycle.self,
  LargeRing.self,
  CycleOwnsTree.self,
  TwoCycles.self,
  OverRetain.self,
  FoundationCollection.self,
  GenericClass.self,
  InheritedField.self,
  ActorCycle.self,
  NestedFields.self,
  MutexState.self,
]

private let cleanScenarios: [any Scenario.Type] = [
  WeakBackReference.self
]
