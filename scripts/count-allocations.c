/* Counts how often a program asks glibc for memory; preloaded by count-allocations.py. */
#include <stddef.h>
#include <stdatomic.h>
#include <stdio.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_ullong asked;

void *malloc(size_t size) {
  atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed);
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed);
  return __libc_calloc(count, size);
}

void *realloc(void *from, size_t size) {
  atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed);
  return __libc_realloc(from, size);
}

int posix_memalign(void **to, size_t align, size_t size) {
  atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed);
  *to = __libc_memalign(align, size);
  return *to ? 0 : 12;
}

__attribute__((destructor)) static void tell(void) {
  fprintf(stderr, "allocations: %llu\n", (unsigned long long)asked);
}
