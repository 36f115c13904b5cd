import Testing

/// The comparison itself: it must not take different cycles for equal.
struct CycleFieldsTests {
  @Test("A cycle equals itself from wherever it is told")
  func rotation() {
    #expect(CycleFields(["a", "b", "c"]) == CycleFields(["c", "a", "b"]))
    #expect(CycleFields(["a", "b", "c"]) != CycleFields(["c", "b", "a"]))
    #expect(CycleFields(["a", "b"]) != CycleFields(["a"]))
  }

  @Test("A cycle that repeats itself equals what it repeats")
  func period() {
    #expect(CycleFields(["next", "next", "next"]) == CycleFields(["next"]))
    #expect(CycleFields(["a", "b", "a", "b"]) == CycleFields(["b", "a"]))
    #expect(CycleFields(["a", "b", "a"]) != CycleFields(["a", "b"]))
  }

  @Test("Captures are one name, and what a box holds has none")
  func captures() {
    #expect(CycleFields(["onTap", "capture 1"]) == CycleFields(["capture self.state", "onTap"]))
    #expect(CycleFields(["value.some", ""]) == CycleFields(["value.some"]))
    #expect(CycleFields([]) == CycleFields([""]))
    #expect(CycleFields([]) != CycleFields(["a"]))
  }
}
