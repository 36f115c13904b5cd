#define _GNU_SOURCE
#include "CRemnantTesting.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "CSwiftLayout.h"

// A method gets its object in the register of the context.
typedef __attribute__((swiftcall)) void (*invocation)(__attribute__((swift_context)) void *test_case);

struct wrapped_class {
  struct wrapped_class *next;
  void *metadata;
  invocation original;
};

// XCTest runs its cases on the main thread, one after the other.
static struct wrapped_class *wrapped;

// Functions of this project are known by their prefix in call stacks (`CodeOrigin`).
static struct wrapped_class *remnant_find(const void *metadata) {
  struct wrapped_class *class = wrapped;
  while (class != NULL && class->metadata != metadata)
    class = class->next;
  return class;
}

__attribute__((swiftcall)) static void remnant_invoke(__attribute__((swift_context)) void *test_case) {
  remnant_find(*(void **)test_case)->original(test_case);
  remnant_testing_case_ended();
}

// Where XCTestCase keeps `invokeTest`; 0 where it isn't found.
static size_t remnant_place_of_invoke(remnant_class_metadata *test_case) {
  // XCTest.XCTestCase.invokeTest() -> ()
  void *method = dlsym(RTLD_DEFAULT, "$s6XCTest0A4CaseC10invokeTestyyF");
  void **words = (void **)test_case;
  size_t count = (test_case->class_size - test_case->class_address_point) / sizeof *words;
  for (size_t i = sizeof(remnant_class_metadata) / sizeof *words; method != NULL && i < count; i++)
    if (words[i] == method)
      return i;
  return 0;
}

bool remnant_testing_wrap_invocation(void *class_metadata, void *test_case_class) {
  if (remnant_find(class_metadata) != NULL)
    return true;
  size_t place = remnant_place_of_invoke(test_case_class);
  struct wrapped_class *class = place == 0 ? NULL : malloc(sizeof *class);
  if (class == NULL)
    return false;
  invocation *slot = (invocation *)class_metadata + place;
  *class = (struct wrapped_class){wrapped, class_metadata, *slot};
  wrapped = class;
  *slot = remnant_invoke;
  return true;
}
