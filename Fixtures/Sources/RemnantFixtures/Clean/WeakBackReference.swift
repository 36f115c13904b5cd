/// The reference back is weak: the objects die, their side tables with them.
enum WeakBackReference: Scenario {
  static var name: String { "weak-back-reference" }

  final class Owner {
    var pet: Pet?
    init() { Census.born(Owner.self) }
    deinit { Census.died(Owner.self) }
  }

  final class Pet {
    weak var owner: Owner?
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
