import GRDB

/// A team of players.
struct Team: Codable, FetchableRecord, PersistableRecord {
  static let players = hasMany(Player.self)

  var id: Int64
  var name: String
}

/// One player and the score.
struct Player: Codable, FetchableRecord, MutablePersistableRecord {
  static let team = belongsTo(Team.self)

  var id: Int64?
  var name: String
  var score: Int
  var teamId: Int64

  mutating func didInsert(_ inserted: InsertionSuccess) {
    id = inserted.rowID
  }
}

/// A player together with the team, from one query.
struct Membership: Decodable, FetchableRecord {
  var player: Player
  var team: Team
}
