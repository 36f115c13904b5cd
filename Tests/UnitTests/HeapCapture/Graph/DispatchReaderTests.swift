import Dispatch
import HeapGraph
import Testing

@testable import HeapCapture

/// Dispatch sources of this process, in the states that they can be in.
@Suite struct DispatchReaderTests {
  private let queue = DispatchQueue(label: "tests.dispatch-reader")

  /// What is read of a source: its references where they are all, its handlers, its description.
  private func state(_ source: any DispatchSourceProtocol) throws -> DispatchReader.SourceState {
    let dispatch = try #require(InProcess.dispatch)
    let address = InProcess.pointer(source as AnyObject, at: 16)
    let table = try #require(InProcess.reader.load(address, as: Address.self))
    return try #require(
      dispatch.source(at: address, table: table, size: InProcess.size(ofBlockAt: address))
    )
  }

  /// Resumes a source, and waits until it is registered.
  private func resume(_ source: any DispatchSourceProtocol) {
    let registered = DispatchSemaphore(value: 0)
    source.setRegistrationHandler { registered.signal() }
    source.resume()
    registered.wait()
    // What the queue ran, it has released.
    queue.sync {}
  }

  @Test("A source that was never resumed is owned by the program alone")
  func inactive() throws {
    let timer = DispatchSource.makeTimerSource(queue: queue)
    defer { timer.resume() }
    timer.schedule(deadline: .distantFuture)
    timer.setEventHandler {}
    timer.setCancelHandler {}
    let state = try state(timer)
    #expect(state.count == 1)
    #expect(state.handlers.map(\.name) == ["event handler", "cancel handler"])
    #expect(state.description == "timer source on the queue \"tests.dispatch-reader\"")
  }

  @Test("A timer that is armed may be fired by the system, also while it is suspended")
  func armed() throws {
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(deadline: .now() + 3_600)
    timer.setEventHandler {}
    resume(timer)
    #expect(try state(timer).count == nil)
    timer.suspend()
    #expect(try state(timer).count == nil)
    #expect(try state(timer).handlers.count == 1)
    timer.resume()
    timer.cancel()
  }

  @Test("A signal may come at any time, although nothing retains its source")
  func signal() throws {
    let source = DispatchSource.makeSignalSource(signal: 64, queue: queue)
    source.setEventHandler {}
    resume(source)
    #expect(try state(source).count == nil)
    #expect(try state(source).description.hasPrefix("signal source"))
    source.cancel()
  }

  @Test("Data comes only from the program, whether the source is resumed or suspended")
  func data() throws {
    let source = DispatchSource.makeUserDataAddSource(queue: queue)
    source.setEventHandler {}
    resume(source)
    #expect(try state(source).count == 1)
    source.suspend()
    #expect(try state(source).count == 1)
    source.resume()
    source.cancel()
  }

  @Test("What isn't a source isn't read as one, and damage is no more than words")
  func damage() throws {
    let dispatch = try #require(InProcess.dispatch)
    let source = DispatchSource.makeUserDataAddSource(queue: queue)
    defer { source.resume() }
    source.setEventHandler {}
    let address = InProcess.pointer(source as AnyObject, at: 16)
    let table = try #require(InProcess.reader.load(address, as: Address.self))
    #expect(dispatch.source(at: address, table: table + 8, size: 120) == nil)
    #expect(dispatch.source(at: address, table: table, size: 64) == nil)
    let damaged: [(offset: UInt64, word: UInt64)] = [
      (DispatchLayout.Source.internalCount, 0xffff_ffff_7fff_ffff),
      (DispatchLayout.Source.internalCount, 0x8000_0000_0000_0003),
      (DispatchLayout.Source.internalCount, 4),
      (DispatchLayout.Source.state, 0x0080_0000_0000_0000),
      (DispatchLayout.Source.state, 0x0100_0000_0000_0000),
      (DispatchLayout.Source.refs, 0x7777_0000), (DispatchLayout.Source.refs, 0),
    ]
    for (offset, word) in damaged {
      var memory = DamagedMemory(sound: InProcess.reader)
      memory.damage.write(word, at: address + offset)
      let reader = DispatchReader(reader: memory, sourceTable: table) { _ in [] }
      let state = reader.source(at: address, table: table, size: 120)
      #expect(state?.count == nil, "\(offset) \(word)")
      #expect(state?.description == "dispatch source", "\(offset) \(word)")
    }
  }

  @Test("A queue is called by its label")
  func label() throws {
    let dispatch = try #require(InProcess.dispatch)
    let address = InProcess.pointer(queue, at: 16)
    let table = try #require(InProcess.reader.load(address, as: Address.self))
    #expect(
      dispatch.queue(at: address, table: table) == "dispatch queue \"tests.dispatch-reader\""
    )
    #expect(dispatch.queue(at: address, table: table + 8) == nil)
  }
}
