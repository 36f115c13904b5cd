import Census
import Dispatch
import OpenCombine
import OpenCombineDispatch

/// Types into a few searches, changes their options, and drops them.
func search(_ mode: Mode) {
  let catalogue = Catalogue(titles: (1...200).map { "title \($0)" })
  for name in ["books", "films", "songs"] {
    let search = Search(name: name, in: catalogue.titles, mode)
    for text in ["t", "ti", "tit", "title 1", "title 19"] {
      search.query.send(text)
      search.options.send(Options(limit: text.count, ignoresCase: text.count > 2))
    }
    search.waitForResults()
    print("\(name): \(search.results)")
    catalogue.additions.send("the end of \(name)")
  }
}

search(.requested)
// A debounced value is delivered by a block of the queue, which lets go of its pipeline after it.
Search.queue.sync {}
Census.report()
