public let number: Int = "no number"
