import Testing

@testable import HeapCapture

@Suite struct JemallocLayoutTests {
  @Test(
    "Sizes are jemalloc's own",
    // nallocx(3) of jemalloc 5.3.
    arguments: [
      (0, 32), (1, 32), (32, 32), (33, 48), (48, 48), (65, 80), (128, 128), (129, 160), (160, 160),
      (257, 320), (1025, 1280), (14336, 14336), (14337, 16384), (16385, 20480), (1 << 20, 1 << 20),
      (1 << 20 | 1, 1_310_720),
    ] as [(UInt64, UInt64)]
  )
  func sizes(asked: UInt64, usable: UInt64) {
    #expect(JemallocLayout.usableSize(forRequest: asked) == usable)
  }

  @Test("A damaged size is no trap")
  func damaged() {
    let sizes: [UInt64] = [.max, .max - 1, 1 << 63, 1 << 63 | 1]
    for size in sizes {
      #expect(JemallocLayout.usableSize(forRequest: size) >= size)
    }
  }
}
