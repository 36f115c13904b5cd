// Nothing to call: this is how `CRemnantRecorder` becomes a library to preload.
