public import CWeakReferences

/// An object that the registry notifies of a death.
@usableFromInline
class DeathListener {
  @usableFromInline init() {}

  /// Takes the entry out, if this is a container's.
  ///
  /// Runs no user code, for other containers may still count the object.
  func forget(_ record: UnsafeMutablePointer<wr_record>) {}

  /// Called once, on the thread that released the object last.
  @usableFromInline
  func objectDied(_ record: UnsafeMutablePointer<wr_record>) {
    fatalError("every listener overrides this")
  }

  static let forgetter: wr_death_handler = { instance, record in
    Unmanaged<DeathListener>.fromOpaque(instance).takeUnretainedValue().forget(record)
  }

  /// The handler of a record whose owner is a `DeathListener`.
  @usableFromInline static let handler: wr_death_handler = { instance, record in
    Unmanaged<DeathListener>.fromOpaque(instance).takeRetainedValue().objectDied(record)
  }
}
