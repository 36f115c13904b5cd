import Census
import Dispatch
import GRDB

private var migrator: DatabaseMigrator {
  var migrator = DatabaseMigrator()
  migrator.registerMigration("teams") { database in
    try database.create(table: "team") { table in
      table.autoIncrementedPrimaryKey("id")
      table.column("name", .text).notNull().unique()
    }
  }
  migrator.registerMigration("players") { database in
    try database.create(table: "player") { table in
      table.autoIncrementedPrimaryKey("id")
      table.column("name", .text).notNull().indexed()
      table.column("score", .integer).notNull().defaults(to: 0)
      table.belongsTo("team", onDelete: .cascade).notNull()
    }
  }
  return migrator
}

/// Fills a new database with players, lets a leaderboard follow their scores, and closes it.
func play(in file: String, _ mode: Mode) throws {
  let pool = try DatabasePool(path: file)
  try migrator.migrate(pool)
  try pool.write { database in
    for team in 1...10 {
      try Team(id: Int64(team), name: "team \(team)").insert(database)
    }
    for number in 1...300 {
      var player = Player(
        name: "player \(number)",
        score: number,
        teamId: Int64(number % 10 + 1)
      )
      try player.insert(database)
    }
  }

  let queue = DispatchQueue(label: "leaderboard")
  try follow(pool, on: queue, mode)
  // What the leaderboard's end has left to be done on the queue.
  queue.sync {}

  let memberships = try pool.read { database in
    try Player.including(required: Player.team)
      .filter(Column("score") > 100)
      .asRequest(of: Membership.self)
      .fetchAll(database)
  }
  print("\(memberships.count) players in \(Set(memberships.map(\.team.name)).count) teams")
  try pool.close()
}

/// Changes scores while a leaderboard follows them.
private func follow(_ pool: DatabasePool, on queue: DispatchQueue, _ mode: Mode) throws {
  let board = Leaderboard()
  board.follow(pool, on: queue, mode)
  board.wait(forLeader: "player 300")
  for score in 1...5 {
    try pool.write { database in
      _ = try Player.filter(key: score).updateAll(database, Column("score").set(to: 1000 + score))
    }
    board.wait(forLeader: "player \(score)")
  }
  print("best: \(board.leaders)")
}
