public import CWeakReferences

/// The engine of the weak containers: entries that refer weakly to an object and have contents besides.
///
/// No user code runs while its lock is held: hashes come in from outside, keys are compared outside, and contents are
/// moved out under the lock and released after it.
@usableFromInline
final class WeakTable<Contents>: DeathListener, @unchecked Sendable {
  @usableFromInline typealias Slot = UnsafeMutablePointer<wr_slot>

  /// Memory that doesn't move; all but its lock belongs to who holds the lock.
  @usableFromInline let storage: UnsafeMutablePointer<wr_table>

  @usableFromInline
  init(ordered: Bool = false) {
    storage = wr_table_create(
      DeathListener.handler,
      MemoryLayout<Contents>.size,
      MemoryLayout<Contents>.alignment,
      ordered
    )
    super.init()
    storage.pointee.owner.instance = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    // The table isn't reachable anymore: a thread that reports a death fails to retain it.
    var slot = wr_table_live_from(storage, 0)
    while let live = slot {
      _ = wr_unregister(&live.pointee.record)
      contents(of: live).deinitialize(count: 1)
      slot = wr_table_live_from(storage, wr_slot_number(live) + 1)
    }
    wr_table_destroy(storage)
  }

  @usableFromInline
  override func objectDied(_ record: UnsafeMutablePointer<wr_record>) {
    // The record is the first field of its slot.
    let slot = UnsafeMutableRawPointer(record).assumingMemoryBound(to: wr_slot.self)
    lock()
    let contents = wr_slot_has_contents(slot) ? contents(of: slot).move() : nil
    wr_table_free_orphan(storage, slot)
    if wr_table_is_sparse(storage) {
      moveTogether()
    }
    unlock()
    withExtendedLifetime(contents) {}
  }

  @inlinable
  func lock() {
    wr_lock_acquire(&storage.pointee.lock)
  }

  @inlinable
  func unlock() {
    wr_lock_release(&storage.pointee.lock)
  }

  /// The number of live entries.
  @inlinable var count: Int {
    lock()
    defer { unlock() }
    return Int(storage.pointee.count)
  }

  /// The memory of the table in bytes, without what the registry needs for its objects.
  var byteCount: Int {
    lock()
    defer { unlock() }
    return wr_table_bytes(storage)
  }
}

// MARK: - With the lock held

extension WeakTable {
  @inlinable
  func contents(of slot: Slot) -> UnsafeMutablePointer<Contents> { Self.contents(of: slot) }

  @inlinable
  static func contents(of slot: Slot) -> UnsafeMutablePointer<Contents> {
    // The table knows the offset as well; here it is a constant.
    let header = MemoryLayout<wr_slot>.size
    let alignment = MemoryLayout<Contents>.alignment
    let offset = (header + alignment - 1) & ~(alignment - 1)
    return (UnsafeMutableRawPointer(slot) + offset).assumingMemoryBound(to: Contents.self)
  }

  /// A strong reference to the entry's object, unless it is dying.
  @inlinable
  func object<Object: AnyObject>(of slot: Slot, as type: Object.Type = Object.self) -> Object? {
    Self.object(of: slot, as: type)
  }

  /// Without the table at hand: taking it would count a reference.
  @inlinable
  static func object<Object: AnyObject>(
    of slot: Slot,
    as _: Object.Type = Object.self
  ) -> Object? {
    guard let address = wr_reveal(slot.pointee.record.object), let object = swift_tryRetain(address)
    else {
      return nil
    }
    return Unmanaged<Object>.fromOpaque(object).takeRetainedValue()
  }

  /// Adds an entry; returns `contents` if the object is dying and can't have one.
  @inlinable
  func add(
    _ object: UnsafeMutableRawPointer,
    hash: UInt32,
    contents: consuming Contents
  ) -> Contents? {
    if wr_table_is_full_of_holes(storage) {
      moveTogether()
    }
    guard let slot = wr_table_add(storage, hash, object) else { return contents }
    self.contents(of: slot).initialize(to: contents)
    return nil
  }

  /// Removes an entry; its contents are to be released after the lock.
  @inlinable
  func remove(_ slot: Slot) -> Contents {
    let contents = contents(of: slot).move()
    wr_table_remove(storage, slot)
    if wr_table_is_sparse(storage) {
      moveTogether()
    }
    return contents
  }

  /// Moves the entries into the first slots, in their order, and gives memory back.
  @usableFromInline
  func moveTogether() {
    var target: UInt32 = 0
    var next = wr_table_live_from(storage, 0)
    while let slot = next {
      let number = wr_slot_number(slot)
      if number == target {
        target += 1
      } else if let free = Optional(wr_table_slot(storage, target)),
        wr_table_move(storage, slot, free)
      {
        // Not by `moveInitialize`, which copies a whole stride: a slot has room for the size.
        contents(of: free).initialize(to: contents(of: slot).move())
        target += 1
      } else {
        // Its object is dying, and a handler on its way to this slot.
        target = number + 1
      }
      next = wr_table_live_from(storage, number + 1)
    }
    wr_table_finish_moving(storage, target)
  }
}

// MARK: - Finding

extension WeakTable {
  /// Takes the lock, and finds the entry that matches among those with a hash.
  ///
  /// Each entry is compared at most twice, whatever comparing does to the table: once in the order of the index, and, if
  /// that changes meanwhile, once more in the order in which entries came.
  ///
  /// - Parameters:
  ///   - hash: The entry's.
  ///   - candidate: Called with the lock held: what is to be compared, or nil if the entry is dying.
  ///   - matches: Called without the lock.
  /// - Returns: The entry's slot, or nil; the lock is held.
  @inlinable
  func lockAndFind<Candidate>(
    hash: UInt32,
    candidate: (Slot) -> Candidate?,
    matches: (borrowing Candidate) -> Bool
  ) -> Slot? {
    lock()
    var position = wr_table_start(storage, hash)
    while let slot = wr_table_next(storage, hash, &position) {
      let version = storage.pointee.version
      let stamp = wr_table_stamp(storage, slot)
      let isMatch = unlocked(candidate(slot), matches)
      lock()
      if storage.pointee.version == version {
        if isMatch { return slot }
      } else if isMatch, let same = slotWithStamp(stamp, hash: hash) {
        return same
      } else {
        // The position means nothing anymore.
        return findByAge(hash: hash, candidate: candidate, matches: matches)
      }
    }
    return nil
  }

  /// Goes on with the oldest entry; one that comes meanwhile is younger than those that were compared, and its turn comes.
  ///
  /// Not forever: after a thousand, the comparing itself is adding them.
  @inlinable
  func findByAge<Candidate>(
    hash: UInt32,
    candidate: (Slot) -> Candidate?,
    matches: (borrowing Candidate) -> Bool
  ) -> Slot? {
    let start = storage.pointee.version
    var newcomers = 0
    var next = wr_table_next_by_age(storage, hash, 0)
    while let slot = next, newcomers < 1000 {
      let stamp = wr_table_stamp(storage, slot)
      newcomers += stamp > start ? 1 : 0
      let isMatch = unlocked(candidate(slot), matches)
      lock()
      if isMatch, let same = slotWithStamp(stamp, hash: hash) { return same }
      next = wr_table_next_by_age(storage, hash, stamp + 1)
    }
    return nil
  }

  /// The entry that has a stamp, unless it left: it may have moved.
  @inlinable
  func slotWithStamp(_ stamp: UInt64, hash: UInt32) -> Slot? {
    wr_table_next_by_age(storage, hash, stamp).flatMap {
      wr_table_stamp(storage, $0) == stamp ? $0 : nil
    }
  }

  /// Releases the lock, compares, and lets the candidate go.
  @inlinable
  func unlocked<Candidate>(
    _ candidate: consuming Candidate?,
    _ matches: (borrowing Candidate) -> Bool
  ) -> Bool {
    unlock()
    guard let candidate else { return false }
    return matches(candidate)
  }

  /// The part of a hash that the table uses.
  @inlinable
  static func hash(of key: some Hashable) -> UInt32 {
    UInt32(truncatingIfNeeded: key.hashValue)
  }
}
