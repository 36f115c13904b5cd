import Census
import Dispatch
import OpenCombine
import OpenCombineDispatch

/// How a search is to be done.
struct Options: Equatable {
  var limit: Int
  var ignoresCase: Bool
}

/// A search box: its results follow what is typed, after a moment of silence.
final class Search {
  static let queue = DispatchQueue(label: "search")

  let name: String
  let query = PassthroughSubject<String, Never>()
  let options = CurrentValueSubject<Options, Never>(Options(limit: 0, ignoresCase: false))
  private(set) var results: [String] = []
  private let isDone = DispatchSemaphore(value: 0)
  private var subscriptions: Set<AnyCancellable> = []

  init(name: String, in titles: [String], _ mode: Mode) {
    self.name = name
    let found =
      query
      .removeDuplicates()
      .map { $0.lowercased() }
      .zip(options.dropFirst())
      .debounce(for: .milliseconds(50), scheduler: Self.queue.ocombine)
      .map { text, options in
        titles.filter { $0.contains(text) }.prefix(options.limit).map { String($0) }
      }
      .filter { !$0.isEmpty }
    switch mode {
    case .clean: found.sink { [weak self] in self?.show($0) }.store(in: &subscriptions)
    case .leaky: found.sink { self.show($0) }.store(in: &subscriptions)
    }
    Census.born(self)
  }
  deinit { Census.died(self) }

  func waitForResults() { isDone.wait() }

  private func show(_ titles: [String]) {
    results = titles
    isDone.signal()
  }
}
