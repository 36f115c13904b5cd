/// Array elements that own the array's owner.
enum ArrayElements {
  final class Playlist {
    var tracks: [Track] = []

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Track {
    let playlist: Playlist

    init(in playlist: Playlist) {
      self.playlist = playlist
      Census.born(self)
    }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    for _ in 1...2 {
      let playlist = Playlist()
      for _ in 1...7 { playlist.tracks.append(Track(in: playlist)) }
    }
  }
}

/// Dictionary values that own the dictionary's owner.
enum DictionaryValues {
  final class Registry {
    var byName: [String: Entry] = [:]

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  final class Entry {
    var registry: Registry?

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let registry = Registry()
    for number in 1...20 {
      let entry = Entry()
      entry.registry = registry
      registry.byName["a rather long entry name, number \(number)"] = entry
    }
    // Removed entries leave their words behind and are freed.
    for number in 1...5 {
      registry.byName["a rather long entry name, number \(number)"] = nil
    }
  }
}

/// Dictionary keys that own the dictionary's owner.
enum DictionaryKeys {
  final class Room: Hashable {
    let number: Int
    var hotel: Hotel?

    init(number: Int) {
      self.number = number
      Census.born(self)
    }

    deinit { Census.died(self) }

    static func == (left: Room, right: Room) -> Bool { left.number == right.number }

    func hash(into hasher: inout Hasher) { hasher.combine(number) }
  }

  final class Hotel {
    var guests: [Room: Int] = [:]

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let hotel = Hotel()
    for number in 1...9 {
      let room = Room(number: number)
      room.hotel = hotel
      hotel.guests[room] = number % 3
    }
  }
}

/// Members of a set that own the set's owner.
enum SetMembers {
  final class Player: Hashable {
    let number: Int
    var team: Team?

    init(number: Int) {
      self.number = number
      Census.born(self)
    }

    deinit { Census.died(self) }

    static func == (left: Player, right: Player) -> Bool { left === right }

    func hash(into hasher: inout Hasher) { hasher.combine(number) }
  }

  final class Team {
    var players: Set<Player> = []

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let team = Team()
    for number in 1...11 {
      let player = Player(number: number)
      player.team = team
      team.players.insert(player)
    }
  }
}

/// A tree whose children own their parents.
enum StrongParent {
  final class TreeNode {
    var children: [TreeNode] = []
    var parent: TreeNode?

    init() { Census.born(self) }

    deinit { Census.died(self) }

    func grow(depth: Int) {
      guard depth > 0 else { return }
      for _ in 1...3 {
        let child = TreeNode()
        child.parent = self
        children.append(child)
        child.grow(depth: depth - 1)
      }
    }
  }

  @inline(never)
  static func run() {
    TreeNode().grow(depth: 2)
  }
}

/// Arrays of structs in dictionaries: each element holds two references among other things.
enum NestedCollections {
  struct Row {
    let label: String
    let weight: Double
    let sheet: Sheet
    weak var selection: Sheet?
  }

  final class Sheet {
    var rows: [Int: [Row]] = [:]

    init() { Census.born(self) }

    deinit { Census.died(self) }
  }

  @inline(never)
  static func run() {
    let sheet = Sheet()
    for number in 1...4 {
      let row = Row(label: "row", weight: 1.5, sheet: sheet, selection: sheet)
      sheet.rows[number % 2, default: []].append(row)
    }
  }
}
