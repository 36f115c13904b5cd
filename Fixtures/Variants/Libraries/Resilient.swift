// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// A library with library evolution: the program is compiled against the first version and runs with
// the second, whose types are larger.

public struct Address {
  public var street = "a street with a name that is long enough for the heap"
  #if SECOND
  var district: AnyObject?
  var code = 12_345
  #endif
  public var neighbor: AnyObject?

  public init() {}
}

open class Account {
  #if SECOND
  var inserted: AnyObject?
  var number = 7
  #endif
  public var owner: AnyObject?
  public var address = Address()

  public init() {}
}

public enum Contact {
  case nobody
  case person(AnyObject)
  #if SECOND
  case company(AnyObject, Int)
  #endif
}
