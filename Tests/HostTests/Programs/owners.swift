import Glibc

// Owners and pets: "leaky" loses ten pairs, each held by nothing but itself; "clean" keeps as many by globals, among them
// a table that grows, and lets the others go.
final class Owner {
  var pet: Pet?
  let name: String
  init(_ name: String) { self.name = name }
}

final class Pet {
  var owner: Owner?
  var toys: [Owner] = []
}

nonisolated(unsafe) var kept: [Owner] = []
nonisolated(unsafe) var table: [Int: Pet] = [:]

@inline(never) func pair(_ number: Int) -> Owner {
  let owner = Owner("an owner whose name is too long to be kept in place, number \(number)")
  let pet = Pet()
  owner.pet = pet
  pet.owner = owner
  return owner
}

@main struct Main {
  static func main() {
    let isLeaky = CommandLine.arguments[1] == "leaky"
    var sum = 0
    for number in 0..<1000 {
      let owner = pair(number)
      sum += owner.name.utf8.count
      if isLeaky, number < 10 { continue }
      if number % 3 == 0 { kept.append(owner) } else { owner.pet?.owner = nil }
      if number % 5 == 0 { table[number] = owner.pet }
    }
    for owner in kept { owner.pet?.toys.append(owner) }
    print(sum, kept.count, table.count)
    // What has no exit of its own to return to.
    fflush(stdout)
    let how = CommandLine.arguments.last ?? ""
    if how.hasSuffix("_exit"), how.hasPrefix("quick") { quick_exit(0) }
    if how.hasSuffix("_exit") { _exit(0) }
  }
}
