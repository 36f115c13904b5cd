/// Two objects that own each other through plain properties.
enum FieldCycle: Scenario {
  static var name: String { "field-cycle" }

  final class Owner {
    var pet: Pet?
    init() { Census.born(Owner.self) }
    deinit { Census.died(Owner.self) }
  }

  final class Pet {
    var owner: Owner?
    init() { Census.born(Pet.self) }
    deinit { Census.died(Pet.self) }
  }

  @inline(never)
  static func run() {
    for _ in 0..<opaque(10) {
      let owner = Owner()
      let pet = Pet()
      owner.pet = pet
      pet.owner = owner
      publish(owner)
    }
  }
}
