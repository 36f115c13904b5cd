/// A closure stored in a property that captures the object that stores it.
///
/// It captures one object and nothing else, so that the object itself is the closure's context.
enum ClosureCapturesSelf: Scenario {
  static var name: String { "closure-captures-self" }

  final class Button {
    var onTap: (() -> Void)?
    var taps = 0
    init() { Census.born(Button.self) }
    deinit { Census.died(Button.self) }

    func arm() {
      onTap = { self.taps += 1 }
    }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(3) {
      let button = Button()
      button.arm()
      button.onTap?()
      publish(button)
    }
  }
}
