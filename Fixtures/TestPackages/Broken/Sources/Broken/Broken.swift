/// A number.
public let number: Int = "no number"
