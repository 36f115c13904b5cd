public import CWeakReferences

/// Keeps the entries of a table in their slots for as long as it lives.
///
/// Without it an iteration could miss an entry that moved, or meet it twice.
@usableFromInline
final class WeakTablePin<Contents> {
  @usableFromInline let table: WeakTable<Contents>
  /// Slots from this number on weren't in use yet.
  @usableFromInline let end: UInt32

  @inlinable
  init(_ table: WeakTable<Contents>) {
    self.table = table
    table.lock()
    wr_table_count_iterator(table.storage, 1)
    end = table.storage.pointee.used
    table.unlock()
  }

  @inlinable
  deinit {
    table.lock()
    wr_table_count_iterator(table.storage, -1)
    if wr_table_is_sparse(table.storage) {
      table.moveTogether()
    }
    table.unlock()
  }
}

/// Goes through the entries that are alive when it comes to them, holding none of them.
///
/// It ends, also where each step adds an entry: those in slots that weren't in use at its start aren't met.
@usableFromInline
struct WeakTableIterator<Contents, Object: AnyObject>: IteratorProtocol {
  @usableFromInline var pin: WeakTablePin<Contents>?
  /// The pin's: valid until that is released, and no object that each step would count.
  @usableFromInline let storage: UnsafeMutablePointer<wr_table>
  @usableFromInline let end: UInt32
  @usableFromInline var number: UInt32 = 0

  @inlinable
  init(_ table: WeakTable<Contents>) {
    let pin = WeakTablePin(table)
    self.pin = pin
    storage = table.storage
    end = pin.end
  }

  @inlinable
  mutating func next() -> (object: Object, contents: Contents)? {
    guard pin != nil else { return nil }
    wr_lock_acquire(&storage.pointee.lock)
    while let slot = wr_table_next_live(storage, number), wr_slot_number(slot) < end {
      number = wr_slot_number(slot) + 1
      guard let object = WeakTable<Contents>.object(of: slot, as: Object.self) else { continue }
      let contents = WeakTable<Contents>.contents(of: slot).pointee
      wr_lock_release(&storage.pointee.lock)
      return (object, contents)
    }
    wr_lock_release(&storage.pointee.lock)
    pin = nil
    return nil
  }
}

// MARK: - Removing

extension WeakTable {
  /// Removes every entry at once, and then releases the contents.
  @usableFromInline
  func removeAll() {
    lock()
    let first = wr_table_take_all(storage)
    unlock()
    // Their slots aren't shared: what the contents' deinits do finds an empty table.
    var next = first
    while let slot = next {
      contents(of: slot).deinitialize(count: 1)
      next = wr_slot_after(slot)
    }
    lock()
    next = first
    while let slot = next {
      next = wr_slot_after(slot)
      wr_table_free_orphan(storage, slot)
    }
    if wr_table_is_sparse(storage) {
      moveTogether()
    }
    unlock()
  }

  /// Removes some entry whose object lives.
  @usableFromInline
  func popFirst<Object: AnyObject>(
    _: Object.Type = Object.self
  ) -> (object: Object, contents: Contents)? {
    lock()
    while let slot = wr_table_any_live(storage) {
      if let object = object(of: slot, as: Object.self) {
        let contents = remove(slot)
        unlock()
        return (object, contents)
      }
      // Dead: its handler comes, and finds nothing left to do.
      removeAndUnlock(slot)
      lock()
    }
    unlock()
    return nil
  }

  /// Removes an entry, releases the lock, and lets the contents go, which may run user code.
  ///
  /// A call of its own, which isn't inlined: nothing else decides when the contents go, and that must be before the
  /// caller takes the lock again.
  @usableFromInline
  @inline(never)
  func removeAndUnlock(_ slot: Slot) {
    let contents = remove(slot)
    unlock()
    withExtendedLifetime(contents) {}
  }
}
