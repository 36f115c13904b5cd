// The threads that run Swift's tasks are as many as there are processors, and no more come when all of them wait (measured
// on Swift 6.3: a third task ran when one of two sleeping threads woke up, after eight seconds). A synchronous test runs on
// one. While it waits for an object, what is to release the object may need a thread, too: so, as long as any check runs on
// one, tasks that become ready get threads of libdispatch besides: those that a check's body made, and a few others.
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
static _Thread_local bool is_ordinary_here;

// What a check's body makes ready, and what that makes ready in turn, is what the check waits for. A task keeps its
// address while it lives, wherever it is woken up.
static _Thread_local size_t checks_here;
static _Atomic(void *) own_tasks[256];

static _Atomic(void *) *remnant_place_of(void *job) { return &own_tasks[((uintptr_t)job >> 4) % 256]; }

static bool remnant_is_own(void *job) {
  if (checks_here > 0)
    atomic_store(remnant_place_of(job), job);
  return atomic_load(remnant_place_of(job)) == job;
}

// Threads are taken by a few others at most, for each check that waits: whole test suites would run at once otherwise.
static _Atomic size_t own_threads;
static _Atomic size_t other_threads;
enum { most_own_threads = 64 };

static bool remnant_take_thread(_Atomic size_t *threads, size_t limit) {
  if (atomic_fetch_add(threads, 1) < limit)
    return true;
  atomic_fetch_sub(threads, 1);
  return false;
}

// On no particular executor. Functions of this project are known by their prefix in call stacks (`CodeOrigin`).
static void remnant_run_own(void *job) {
  checks_here++;
  swift_job_run(job, NULL, NULL);
  checks_here--;
  atomic_fetch_sub(&own_threads, 1);
}

static void remnant_run_other(void *job) {
  swift_job_run(job, NULL, NULL);
  atomic_fetch_sub(&other_threads, 1);
}

static SWIFT void remnant_divert(void *job, enqueue original) {
  size_t checks = atomic_load(&waiting);
  void *queue = dispatch_get_global_queue(default_quality, overcommit);
  if (checks == 0 || is_ordinary_here)
    original(job);
  else if (remnant_is_own(job) && remnant_take_thread(&own_threads, most_own_threads))
    dispatch_async_f(queue, job, remnant_run_own);
  else if (remnant_take_thread(&other_threads, checks * 2 + 2))
    dispatch_async_f(queue, job, remnant_run_other);
  else
    original(job);
}

void remnant_pool_begin_waiting(void) {
  checks_here++;
  atomic_fetch_add(&waiting, 1);
  // Another scheduler that is already installed stays. This one isn't removed: it passes everything on.
  enqueue_hook none = NULL;
  atomic_compare_exchange_strong(&swift_task_enqueueGlobal_hook, &none, remnant_divert);
}

void remnant_pool_end_waiting(void) {
  atomic_fetch_sub(&waiting, 1);
  checks_here--;
}

void remnant_pool_set_ordinary(bool is_ordinary) { is_ordinary_here = is_ordinary; }
