internal import CRemnantRecorder

/// A check that can't say whether anything is leaked.
package enum UndecidedCheck {
  /// Lets `remnant test` know, which counts them: the place is that of the check, such as "Tests/CartTests.swift:12".
  package static func note(at place: String) { remnant_note_undecided(place) }
}
