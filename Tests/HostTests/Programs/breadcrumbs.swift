// Strings that are indexed by UTF-16 keep an index of their own behind their text. Some are alive at the end, some were
// freed before, and some never had one.
import Foundation

final class Texts { var list: [String] = [] }

nonisolated(unsafe) let texts = Texts()

@inline(never) func make(_ number: Int) -> String {
  let long = String(repeating: "é, 👨🏿 and more. ", count: 4 + number % 40)
  _ = long.trimmingCharacters(in: .whitespaces)
  _ = long.utf16.count
  return long
}

@main struct Program {
  static func main() {
    for number in 0..<200 {
      texts.list.append(make(number))
      _ = make(number)
      texts.list.append(String(repeating: "plain ", count: number))
      texts.list[number] += "é"
    }
    print(texts.list.count)
  }
}
