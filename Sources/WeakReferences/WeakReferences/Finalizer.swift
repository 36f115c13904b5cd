internal import CWeakReferences

/// An action that runs once: when an object dies, when it is called, or at the process's exit.
///
/// ```swift
/// Finalizer(for: session) { [path = session.temporaryFile] in unlink(path) }
/// ```
///
/// Unlike a `WeakRef`'s callback, it doesn't have to be held. The finalizers of one object run newest first, on the thread
/// that releases the object last, before its `deinit`. At `exit`, and at the return from `main`, those that are left run
/// newest first over all objects; not so after `_exit`, `abort` or a trap. After that none runs anymore.
///
/// The action must not hold the object: otherwise neither is ever released. If the closure itself, or a closure or
/// variable that it captures, captures the object, a warning is printed on standard error, and `keepsItsObjectAlive` is
/// true. An action that holds it through an array or another object isn't noticed.
///
/// Made in the object's own `deinit`, a finalizer isn't alive and never runs.
public final class Finalizer<Object: AnyObject, Result> {
  private let task: FinalizerTask<Result>

  /// Whether the action is known to hold the object, which is then never deallocated; false proves nothing.
  public let keepsItsObjectAlive: Bool

  /// Runs `action` when `object` dies.
  ///
  /// - Parameters:
  ///   - object: Isn't kept alive.
  ///   - runsAtExit: Whether the action runs at the process's exit if the object still lives.
  ///   - action: What to do; its result is returned to callers of the finalizer.
  /// - Complexity: O(1)
  @discardableResult
  public init(
    for object: Object,
    runsAtExit: Bool = true,
    action: @escaping @Sendable () -> Result
  ) {
    WeakReferences.collectIfDue()
    let address = Unmanaged.passUnretained(object).toOpaque()
    let action = FinalAction(run: action)
    keepsItsObjectAlive = wr_closure_holds(action.context, address)
    task = FinalizerTask(action)
    task.runsAtExit = runsAtExit
    if keepsItsObjectAlive {
      wr_warn(
        "the action of a finalizer for \(String(reflecting: type(of: object))) "
          + "captures the object, which is therefore never deallocated."
      )
    }
    task.begin(object)
  }

  /// Whether the action is still to run.
  ///
  /// - Complexity: O(1)
  public var isAlive: Bool { task.isAlive }

  /// Whether the action runs at the process's exit if it didn't before.
  ///
  /// - Complexity: O(1); setting it back to true O(*n*) in the number of finalizers that were made since this one.
  public var runsAtExit: Bool {
    get { task.runsAtExit }
    set { task.runsAtExit = newValue }
  }

  /// Runs the action now and returns its result, or nil if it has run or was detached.
  ///
  /// - Complexity: O(1), besides the action.
  @discardableResult
  public func callAsFunction() -> Result? { task.end()?.run() }

  /// Gives the action back instead of running it, with the object if that still lives; nil if it has run.
  ///
  /// - Complexity: O(1)
  @discardableResult
  public func detach() -> (object: Object?, action: @Sendable () -> Result)? {
    let object = peek()
    return task.end().map { (object, $0.run) }
  }

  /// The object, or nil once it is dead or the action has run.
  ///
  /// - Complexity: O(1)
  public func peek() -> Object? { task.object.map { unsafeDowncast($0, to: Object.self) } }
}

extension Finalizer: @unchecked Sendable where Object: Sendable {}

extension Finalizer: CustomStringConvertible {
  /// Names the object's type and address; runs no code of the object.
  public var description: String {
    guard let object = peek() else { return "Finalizer(dead)" }
    let address = hexadecimal(Unmanaged.passUnretained(object).toOpaque())
    return "Finalizer(for: \(String(reflecting: type(of: object))) at \(address))"
  }
}

private final class FinalizerTask<Result>: ExitTask, @unchecked Sendable {
  private let action: Guarded<FinalAction<Result>?>

  init(_ action: FinalAction<Result>) {
    self.action = Guarded(action)
    super.init(kind: wr_kind_owned_callback)
  }

  var isAlive: Bool { action.withLock { $0 != nil } }

  func begin(_ object: AnyObject) {
    // The list comes last: another thread may be at exit, and must find the task registered. The object can't die before.
    guard start(object) else {
      _ = end()
      return
    }
    withExtendedLifetime(object) { list() }
  }

  /// The caller that gets the action may run it; no other caller gets it.
  func end() -> FinalAction<Result>? {
    let taken = action.withLock { $0.take() }
    if taken != nil {
      unlist()
      stop()
    }
    return taken
  }

  override func objectDied(_ record: UnsafeMutablePointer<wr_record>) {
    guard let action = end(), !ExitTask.isOver else { return }
    _ = action.run()
  }

  override func runAtExit() {
    _ = end()?.run()
  }
}

/// A closure in a structure, in which it stays as it is: a generic type would wrap a bare one once more to take it, and
/// a death may not allocate.
struct FinalAction<Result> {
  let run: @Sendable () -> Result

  /// What it captured: the second of the closure's two words.
  var context: UnsafeRawPointer? {
    unsafeBitCast(self, to: (code: UInt, context: UnsafeRawPointer?).self).context
  }
}
