"""The same work as main.swift's, with CPython's weakref. Prints a name and nanoseconds per operation, per line."""

import gc
import sys
import time
import weakref

COUNT = int(sys.argv[1])
ROUNDS = int(sys.argv[2])


class Thing:
    __slots__ = ("value", "__weakref__")

    def __init__(self, value):
        self.value = value


def report(name, work, count=COUNT):
    best = min(work() for _ in range(ROUNDS))
    print(name, best * 1e9 / count)


def timed(body):
    start = time.perf_counter()
    body()
    return time.perf_counter() - start


gc.disable()
things = [Thing(i) for i in range(COUNT)]
order = [i * 7919 % COUNT for i in range(COUNT)]

filled = weakref.WeakValueDictionary()
for i in range(COUNT):
    filled[i] = things[i]


def lookup():
    total = 0
    for key in order:
        total += filled[key].value


def insert():
    target = weakref.WeakValueDictionary()
    for i in range(COUNT):
        target[i] = things[i]


def insert_and_death():
    target = weakref.WeakValueDictionary()
    living = []
    for i in range(COUNT):
        thing = Thing(i)
        target[i] = thing
        living.append(thing)
    del thing
    living.clear()


def iterate():
    total = 0
    for key, thing in filled.items():
        total += thing.value


weak_keys = weakref.WeakKeyDictionary((thing, i) for i, thing in enumerate(things))
weak_set = weakref.WeakSet(things)


def weak_key_lookup():
    total = 0
    for key in order:
        total += weak_keys[things[key]]


def weak_key_insert():
    target = weakref.WeakKeyDictionary()
    for i in range(COUNT):
        target[things[i]] = i


def weak_set_insert():
    target = weakref.WeakSet()
    for thing in things:
        target.add(thing)


def weak_set_contains():
    total = 0
    for key in order:
        total += things[key] in weak_set


def callback(reference):
    pass


def make_reference():
    for thing in things:
        weakref.ref(thing, callback)


references = [weakref.ref(thing) for thing in things]


def take_reference():
    for reference in references:
        reference()


def finalizer():
    target = []
    for i in range(COUNT):
        thing = Thing(i)
        weakref.finalize(thing, callback, None)
        target.append(thing)
    del thing
    target.clear()


report("lookup", lambda: timed(lookup))
report("insert", lambda: timed(insert))
report("insert-death", lambda: timed(insert_and_death))
report("iterate", lambda: timed(iterate))
report("key-lookup", lambda: timed(weak_key_lookup))
report("key-insert", lambda: timed(weak_key_insert))
report("set-insert", lambda: timed(weak_set_insert))
report("set-contains", lambda: timed(weak_set_contains))
report("reference", lambda: timed(make_reference))
report("take", lambda: timed(take_reference))
