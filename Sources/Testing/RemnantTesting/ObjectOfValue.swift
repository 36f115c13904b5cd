/// The object that was passed to a helper as a value of any type; nil if it isn't an object, which fails the test.
///
/// A protocol's type isn't a class's, even where only classes can conform to the protocol: so helpers take values of any type,
/// and this refuses what isn't an object.
func object<Value>(_ value: Value, at site: CallSite) -> AnyObject? {
  var any: Any = value
  if let optional = value as? any OptionalValue {
    guard let wrapped = optional.wrapped else {
      TestFailure.record("the value is nil, so nothing is checked", at: site)
      return nil
    }
    any = wrapped
  }
  let type = type(of: any)
  guard type is AnyClass, ObjectIdentifier(type) != boxType else {
    TestFailure.record(
      "this is a value, not an object (\(type)): track an instance of a class or an actor",
      at: site
    )
    return nil
  }
  if Value.self == AnyObject.self, bridged.contains(String(reflecting: type)) {
    TestFailure.record(
      """
      this may be a value that was boxed by the cast to AnyObject (\(type)): track the object itself, \
      with its own type
      """,
      at: site
    )
    return nil
  }
  return any as AnyObject
}

private protocol OptionalValue {
  var wrapped: Any? { get }
}

extension Optional: OptionalValue {
  fileprivate var wrapped: Any? { flatMap { ($0 as? any OptionalValue)?.wrapped ?? $0 } }
}

private struct Value {}
private let boxType = ObjectIdentifier(type(of: Value() as AnyObject))

/// What the cast makes of Foundation's and the standard library's values where Foundation is loaded.
private let bridged = Set(
  [
    "NSNumber", "__NSCFBoolean", "NSDecimalNumber", "NSString", "_NSCFString", "NSArray",
    "NSDictionary", "NSSet", "NSDate", "NSData", "NSURL", "NSUUID", "NSIndexPath", "NSIndexSet",
    "NSCalendar", "NSTimeZone", "NSLocale", "NSURLRequest", "NSNotification", "NSDateComponents",
    "NSDateInterval", "NSMeasurement", "NSPersonNameComponents", "NSURLComponents",
    "NSURLQueryItem", "NSCharacterSet", "NSAffineTransform", "NSError",
  ].map { "Foundation.\($0)" }
)
