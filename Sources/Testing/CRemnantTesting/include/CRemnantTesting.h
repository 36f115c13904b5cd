#ifndef REMNANT_TESTING_H
#define REMNANT_TESTING_H

#include <stdbool.h>

// Provided because Swift has no code that runs when an image is loaded: the observer of XCTest has to be there before
// the first test case, and nothing is called before. `RemnantTesting` defines the function.
void remnant_testing_loaded(void);

/// Lets `remnant_testing_case_ended` be called whenever a test case of a class was invoked: after its teardown blocks and
/// `tearDown`, and before XCTest closes its books on it.
///
/// XCTest has no such moment: teardown blocks run before `tearDown`, and in `testCaseDidFinish` a failure is a crash. So
/// the class's entry for `invokeTest` in its table of methods is replaced, once per class, on the main thread.
///
/// `test_case_class` is `XCTestCase`. False where its method isn't found: this XCTest is another one than is known.
bool remnant_testing_wrap_invocation(void *_Nonnull class_metadata, void *_Nonnull test_case_class);

/// `RemnantTesting` defines it.
void remnant_testing_case_ended(void);

#endif
