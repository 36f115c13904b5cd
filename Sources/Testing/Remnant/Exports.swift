// Counts and weak references are part of the tracker's vocabulary.
@_exported public import WeakReferences
