import Dispatch
import Foundation
import RemnantTesting
import XCTest

private final class Model: @unchecked Sendable {
  func tick() {}
}

private final class Mock: @unchecked Sendable {
  private(set) var calls: [Model] = []
  func use(_ model: Model) { calls.append(model) }
}

private let sharedMock = Mock()
private let sharedPipe = Pipe()

/// Run by `AdviceTests`: what holds each object outlives its test.
final class AdviceCase: XCTestCase {
  private var model: Model?

  override func setUpWithError() throws {
    let isChosen = ProcessInfo.processInfo.environment["REMNANT_ADVICE"] != nil
    try XCTSkipUnless(isChosen, "run by AdviceTests")
  }

  private func tracked() -> Model { trackForMemoryLeaks(Model()) }

  func testProperty() { model = tracked() }

  func testTask() {
    let model = tracked()
    Task {
      try? await Task.sleep(for: .seconds(3600))
      model.tick()
    }
  }

  func testTimer() {
    let model = tracked()
    _ = Timer.scheduledTimer(withTimeInterval: 3600, repeats: true) { _ in model.tick() }
  }

  func testObserver() {
    let model = tracked()
    _ = NotificationCenter.default
      .addObserver(forName: .init("advice"), object: nil, queue: nil) { _ in model.tick() }
  }

  func testReader() {
    let model = tracked()
    sharedPipe.fileHandleForReading.readabilityHandler = { _ in model.tick() }
  }

  func testWorkItem() {
    let model = tracked()
    DispatchQueue.global().asyncAfter(deadline: .now() + 3600) { model.tick() }
  }

  func testMock() { sharedMock.use(tracked()) }

  func testVariable() {
    let model = Model()
    withLeakTracking(within: .zero) { _ = trackForMemoryLeaks(model) }
    model.tick()
  }

  func testArgument() { check(Model()) }

  private func check(_ model: Model) {
    withLeakTracking(within: .zero) { _ = trackForMemoryLeaks(model) }
    model.tick()
  }

  func testAsyncVariable() async {
    let model = Model()
    await withLeakTracking(within: .zero) { _ = trackForMemoryLeaks(model) }
    model.tick()
  }
}
