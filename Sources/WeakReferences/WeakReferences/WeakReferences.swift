internal import CWeakReferences

/// The registry of the process, and how it learns of deaths.
public enum WeakReferences {
  /// Whether deaths are looked for instead of learned of; false unless `WEAK_REFERENCES_LAZY` is in the environment.
  ///
  /// Set it before the first weak reference is made, where classes must not be patched. From then on no class's
  /// metadata is written to, and the promise is weaker: callbacks run, and dead entries leave their containers, at the
  /// next collection instead of at the death. A collection happens in `collect()`, and now and then when a reference is
  /// made, on that thread; until then a dead object's own block of memory stays allocated, and counts include it. A
  /// collection on another thread may come while the object's `deinit` still runs. References read nil as soon as that
  /// begins, as ever, and nothing that is dead is handed out; but asked for with the dying object itself, in its `deinit`,
  /// a set or a dictionary with weak keys still finds its entry.
  public static var isLazy: Bool {
    get { wr_is_lazy() }
    set { wr_set_lazy(newValue) }
  }

  /// Runs what deaths in lazy mode left to do, and returns how many there were.
  ///
  /// Needs not be called otherwise, and may be called from anywhere, from a callback too. What another thread's
  /// collection has taken up is reported there, perhaps after this returned.
  ///
  /// - Complexity: O(*n*) in the number of objects that are weakly referenced.
  @discardableResult
  public static func collect() -> Int { wr_collect() }

  /// In lazy mode, collects when as many references were made as objects were alive after the last collection.
  ///
  /// Callbacks run here: the caller holds no lock.
  @usableFromInline
  static func collectIfDue() {
    if wr_collection_is_due() {
      wr_collect()
    }
  }
}

/// How many of this library's weak references (`WeakRef`, `WeakProxy`, `WeakMethod`) refer to an object.
///
/// Entries of weak containers, and Swift's own `weak` variables, don't count.
///
/// - Complexity: O(*n*) in the number of references to the object.
public func weakReferenceCount(of object: AnyObject) -> Int {
  wr_references(Unmanaged.passUnretained(object).toOpaque(), 0, nil)
}

/// This library's weak references to an object, newest first.
///
/// It is a snapshot: others can be made and released meanwhile.
///
/// - Complexity: O(*n*) in the number of references to the object.
public func weakReferences(to object: AnyObject) -> [AnyWeakRef] {
  let address = Unmanaged.passUnretained(object).toOpaque()
  var capacity = wr_references(address, 0, nil)
  while capacity > 0 {
    let instances = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: capacity)
    defer { instances.deallocate() }
    let count = wr_references(address, capacity, instances)
    let references = (0..<count).compactMap { place in
      instances[place].map { Unmanaged<AnyWeakRef>.fromOpaque($0).takeRetainedValue() }
    }
    let now = wr_references(address, 0, nil)
    if now <= capacity { return references }
    // More were made meanwhile, and may be missing.
    capacity = now
  }
  return []
}
