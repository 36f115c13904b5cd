import Census
import OpenCombine

/// What is searched: it grows, and says so.
final class Catalogue {
  @Published private(set) var titles: [String]
  let additions = PassthroughSubject<String, Never>()
  private var subscriptions: Set<AnyCancellable> = []

  init(titles: [String]) {
    self.titles = titles
    additions
      .filter { !$0.isEmpty }
      .scan(0) { count, _ in count + 1 }
      .sink { [weak self] count in self?.titles.append("addition \(count)") }
      .store(in: &subscriptions)
    Census.born(self)
  }
  deinit { Census.died(self) }
}
