import Observation

@Observable
final class ObservationModel: @unchecked Sendable {
  var child: ObservationModel?
  var onChange: (() -> Void)?

  init() { Census.born(self) }

  deinit { Census.died(self) }
}

/// An observable class: through its wrapped properties, and through a tracking that never fires and
/// captures the object that it watches.
enum ObservedModels {
  @inline(never)
  static func make() -> [AnyObject] {
    let first = ObservationModel()
    first.child = ObservationModel()
    first.child?.child = first
    let second = ObservationModel()
    withObservationTracking {
      use(second.child == nil ? 0 : 1)
    } onChange: {
      second.onChange?()
    }
    return [first, second]
  }

  @inline(never)
  static func run() { use(make().count) }
}

/// The same tracking that captures weakly.
enum WeaklyObserved {
  @inline(never)
  static func run() {
    let model = ObservationModel()
    withObservationTracking {
      use(model.child == nil ? 0 : 1)
    } onChange: { [weak model] in
      model?.onChange?()
    }
  }
}
