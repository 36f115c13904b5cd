import Foundation

/// Errors that carry the object that stores them: an object, a big struct, an enum, `NSError`.
enum ErrorBoxes {
  final class Cancellation: Error, @unchecked Sendable {
    var job: Job?

    init(_ job: Job) {
      self.job = job
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  struct Failure: Error, @unchecked Sendable {
    var code = 1
    var attempt: Int8 = 2
    var job: Job
  }

  enum Refusal: Error, @unchecked Sendable {
    case closed
    case busy(Job)
    case forbidden(Job, Int)
  }

  final class Job: @unchecked Sendable {
    var error: (any Error)?
    var result: Result<Int, any Error> = .success(1)
    var typed: Result<Job, Refusal>?
    var foundation: NSError?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    let jobs = (1...6).map { _ in Job() }
    jobs[0].error = Cancellation(jobs[0])
    jobs[1].result = .failure(Failure(job: jobs[1]))
    jobs[2].error = Refusal.busy(jobs[2])
    jobs[3].typed = .failure(.forbidden(jobs[3], 1))
    jobs[4].foundation = NSError(domain: "jobs", code: 1, userInfo: ["job": jobs[4]])
    jobs[5].error = NSError(domain: "jobs", code: 1, userInfo: ["job": jobs[5]])
    return jobs
  }

  @inline(never)
  static func run() { use(make().count) }
}

/// `AnyHashable`: in a set, as a key, in place, boxed, optional.
enum HashableBoxes {
  final class Key: Hashable {
    let table: Table

    init(_ table: Table) {
      self.table = table
      Census.born(self)
    }

    deinit { Census.died(self) }

    static func == (left: Key, right: Key) -> Bool { left === right }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
  }

  struct Small: Hashable {
    var number = 1
    var key: Key
  }

  struct Large: Hashable {
    var first = 1
    var second = 2
    var third = 3
    var key: Key
  }

  final class Table {
    var keys: Set<AnyHashable> = []
    var values: [AnyHashable: Any] = ["text": 1]
    var current: AnyHashable = 1
    var next: AnyHashable?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    let tables = (1...4).map { _ in Table() }
    let keys = tables.map(Key.init)
    tables[0].keys.insert(AnyHashable(keys[0]))
    tables[1].values[Small(key: keys[1])] = "small"
    tables[2].current = AnyHashable(Large(key: keys[2]))
    tables[3].next = AnyHashable(keys[3])
    return tables
  }

  @inline(never)
  static func run() { use(make().count) }
}

/// Key paths whose subscript arguments own the object that stores the key path.
enum KeyPathArguments {
  struct Lookup {
    subscript(key: Key) -> Int { 1 }
    subscript(number: Int, key: Key, text: String) -> Int { number }
  }

  final class Registry {
    var path: AnyKeyPath?
    var typed: KeyPath<Lookup, Int>?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Key: Hashable {
    let registry: Registry

    init(_ registry: Registry) {
      self.registry = registry
      Census.born(self)
    }

    deinit { Census.died(self) }

    static func == (left: Key, right: Key) -> Bool { left === right }

    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    let first = Registry()
    let firstKey = Key(first)
    first.path = \Lookup.[firstKey]
    let second = Registry()
    let secondKey = Key(second)
    second.typed = \Lookup.[1, secondKey, "a string that is too long to be kept in place"]
    return [first, second]
  }

  @inline(never)
  static func run() { use(make().count) }
}

/// Strings and other values of libraries between the properties: every one of them holds buffers in
/// a way of its own.
enum LibraryValues {
  final class Note {
    let title: String
    let part: Substring
    let characters: [Character]
    let bytes: String.UTF8View
    let range: Range<String.Index>
    let lines: [Substring]
    let bridged: NSString
    let data: Data
    let slice: Data
    let attributed: AttributedString
    let url: URL?
    let decimal = Decimal(1)
    let date = Date()
    let identifier = UUID()
    let indices: IndexSet = [1, 2, 9]
    var other: Note?

    init(_ number: Int) {
      title = "a title that is long enough for the heap \(number)"
      part = title.dropFirst(2)
      characters = Array(title)
      bytes = title.utf8
      range = title.startIndex..<title.endIndex
      lines = title.split(separator: " ")
      bridged = NSString(string: title)
      data = Data(title.utf8)
      slice = data[3..<20]
      attributed = AttributedString(title)
      url = URL(string: "https://example.org/notes?number=\(number)")
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func make() -> [AnyObject] {
    (1...3).map { number in
      let note = Note(number)
      note.other = note
      return note
    }
  }

  @inline(never)
  static func run() { use(make().count) }
}
