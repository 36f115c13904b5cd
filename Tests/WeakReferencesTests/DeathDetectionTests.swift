import CWeakReferences
import Foundation
import Testing

@testable import WeakReferences

/// Whose deaths are learned of: objects of every kind of class, without their co-operation.
@Suite struct DeathDetectionTests {
  /// Whether the callback ran when the object that `make` made was released.
  private func isNoticed<Object: AnyObject>(_ make: () -> Object) -> Bool {
    let deaths = Counter()
    // The object dies with the statement.
    let reference = WeakRef(make()) { _ in deaths.increment() }
    settle()
    return deaths.value == 1 && reference.object == nil
  }

  @Test func plainOpenAndFinalClasses() {
    #expect(isNoticed { Item() })
    #expect(isNoticed { DerivedItem() })
    #expect(isNoticed { Generic(1) })
    #expect(isNoticed { Generic("a") })
    #expect(isNoticed { Generic([Item()]) })
  }

  @Test func actors() {
    actor Account { var balance = 1 }
    #expect(isNoticed { Account() })
  }
}
