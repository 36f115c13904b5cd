// The threads that run Swift's tasks are as many as there are processors, and no more come when all of them wait (measured
// on Swift 6.3: a third task ran when one of two sleeping threads woke up, after eight seconds). A synchronous test runs on
// one. While it waits for an object, what is to release the object may need a thread, too: so, as long as any check runs on
// one, tasks that become ready get a few threads of libdispatch more.
//
// `swift_task_enqueueGlobal_hook` is the runtime's own, for other schedulers (`ExecutorHooks.h`).
#include "task_pool.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))

typedef SWIFT void (*enqueue)(void *job);
typedef SWIFT void (*enqueue_hook)(void *job, enqueue original);

extern _Atomic(enqueue_hook) swift_task_enqueueGlobal_hook;
extern SWIFT void swift_job_run(void *job, void *executor, void *implementation);
// `dispatch/queue.h`, which wants blocks.
extern void *dispatch_get_global_queue(intptr_t quality, uintptr_t flags);
extern void dispatch_async_f(void *queue, void *context, void (*work)(void *));
enum { default_quality = 0x15, overcommit = 2 };

static _Atomic size_t waiting;
static _Atomic size_t diverted;
static _Thread_local bool is_ordinary_here;

// On no particular executor.
static void run(void *job) {
  swift_job_run(job, NULL, NULL);
  atomic_fetch_sub(&diverted, 1);
}

// A few threads for each check that waits: whole test suites would run at once otherwise.
static bool take_thread(size_t checks) {
  if (atomic_fetch_add(&diverted, 1) < checks * 2 + 2)
    return true;
  atomic_fetch_sub(&diverted, 1);
  return false;
}

static SWIFT void divert(void *job, enqueue original) {
  size_t checks = atomic_load(&waiting);
  if (checks > 0 && !is_ordinary_here && take_thread(checks))
    dispatch_async_f(dispatch_get_global_queue(default_quality, overcommit), job, run);
  else
    original(job);
}

void remnant_pool_begin_waiting(void) {
  atomic_fetch_add(&waiting, 1);
  // Another scheduler that somebody has put there stays. Nobody takes this one away: it passes everything on.
  enqueue_hook none = NULL;
  atomic_compare_exchange_strong(&swift_task_enqueueGlobal_hook, &none, divert);
}

void remnant_pool_end_waiting(void) { atomic_fetch_sub(&waiting, 1); }

void remnant_pool_set_ordinary(bool is_ordinary) { is_ordinary_here = is_ordinary; }
