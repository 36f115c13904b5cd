/// An optional that is written as `null` where it is nil, instead of being left out.
///
/// A reader of a report can then tell "nothing there" from "a version that didn't know this field".
@propertyWrapper
package struct NullEncoded<Value: Codable & Sendable & Hashable>: Sendable, Hashable, Codable {
  package var wrappedValue: Value?

  package init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue {
      try container.encode(wrappedValue)
    } else {
      try container.encodeNil()
    }
  }
}

extension KeyedDecodingContainer {
  /// Lets synthesized decoding read a missing key as nil.
  package func decode<Value>(
    _ type: NullEncoded<Value>.Type,
    forKey key: Key
  ) throws -> NullEncoded<Value> {
    NullEncoded(wrappedValue: try decodeIfPresent(Value.self, forKey: key))
  }
}
