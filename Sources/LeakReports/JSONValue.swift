/// JSON that is written as it is thought: for formats whose shape is somebody else's.
indirect enum JSONValue: Encodable, Sendable {
  case string(String)
  case number(Int)
  case bool(Bool)
  case array([JSONValue])
  /// Members that are nil are left out.
  case object([String: JSONValue?])

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .string(let text):
      var container = encoder.singleValueContainer()
      try container.encode(text)
    case .number(let number):
      var container = encoder.singleValueContainer()
      try container.encode(number)
    case .bool(let bool):
      var container = encoder.singleValueContainer()
      try container.encode(bool)
    case .array(let values):
      var container = encoder.unkeyedContainer()
      for value in values { try container.encode(value) }
    case .object(let members):
      var container = encoder.container(keyedBy: MemberName.self)
      for (name, value) in members {
        if let value { try container.encode(value, forKey: MemberName(stringValue: name)) }
      }
    }
  }

  private struct MemberName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  init(stringLiteral text: String) { self = .string(text) }
  init(integerLiteral number: Int) { self = .number(number) }
  init(booleanLiteral bool: Bool) { self = .bool(bool) }
  init(arrayLiteral values: JSONValue...) { self = .array(values) }
  typealias Key = String
  typealias Value = JSONValue?
  init(dictionaryLiteral members: (String, JSONValue?)...) {
    self = .object(Dictionary(members) { _, last in last })
  }
}
