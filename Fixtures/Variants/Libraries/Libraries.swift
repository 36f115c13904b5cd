// Classes of a resilient library and of one that is opened at run time.
//
//     Libraries keep PLUGIN     a global holds everything
//     Libraries leak PLUGIN     cycles through what the libraries declare
import Glibc
import Resilient

final class Customer: Account {
  var next: Customer?
  var home = Address()
  var contact = Contact.nobody
  var last: AnyObject?
}

final class Directory<Entry> {
  var account = Account()
  var entry: Entry?
}

nonisolated(unsafe) var kept: [AnyObject] = []

@inline(never) func make() -> [AnyObject] {
  let customers = (0..<5).map { _ in Customer() }
  customers[0].owner = customers[0]
  customers[1].address.neighbor = customers[1]
  customers[2].home.neighbor = customers[2]
  customers[3].contact = .person(customers[3])
  customers[4].last = customers[4]
  let directory = Directory<AnyObject>()
  directory.account.owner = directory
  return customers + [directory]
}

@inline(never) func open(_ path: String) -> AnyObject {
  guard let library = dlopen(path, RTLD_NOW), let symbol = dlsym(library, "makeCrate") else {
    fatalError(dlerror().map { String(cString: $0) } ?? path)
  }
  typealias Make = @convention(c) () -> UnsafeMutableRawPointer
  let crate = unsafeBitCast(symbol, to: Make.self)()
  return Unmanaged<AnyObject>.fromOpaque(crate).takeRetainedValue()
}

@inline(never) func run() {
  let made = make() + [open(CommandLine.arguments[2])]
  if CommandLine.arguments[1] == "keep" { kept = made }
}

run()
print("done")
