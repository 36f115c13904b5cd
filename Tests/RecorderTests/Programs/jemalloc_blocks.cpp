// Blocks that don't pass through malloc: C++'s operators of jemalloc, and its own functions. Each kept size is one way.
#include <cstdio>
#include <cstdlib>
#include <new>

#include <jemalloc/jemalloc.h>

static void keep(void *block) {
  static void *volatile kept[16];
  static int count;
  kept[count++] = block;
}

int main() {
  const std::align_val_t wide{64};
  keep(::operator new(601));
  keep(::operator new[](602));
  keep(::operator new(603, std::nothrow));
  keep(::operator new[](604, std::nothrow));
  keep(::operator new(605, wide));
  keep(::operator new[](606, wide));
  keep(::operator new(607, wide, std::nothrow));
  keep(::operator new[](608, wide, std::nothrow));
  keep(mallocx(609, MALLOCX_ZERO));

  ::operator delete(::operator new(611));
  ::operator delete[](::operator new[](612));
  ::operator delete(::operator new(613), std::nothrow);
  ::operator delete[](::operator new[](614), std::nothrow);
  ::operator delete(::operator new(615, wide), wide);
  ::operator delete[](::operator new[](616, wide), wide);
  ::operator delete(::operator new(617, wide), wide, std::nothrow);
  ::operator delete[](::operator new[](618, wide), wide, std::nothrow);
  ::operator delete(::operator new(619), std::size_t{619});
  ::operator delete[](::operator new[](620), std::size_t{620});
  ::operator delete(::operator new(621, wide), std::size_t{621}, wide);
  ::operator delete[](::operator new[](622, wide), std::size_t{622}, wide);
  // Less than the least that is asked for.
  for (int i = 0; i < 1000; i++) ::operator delete(::operator new(3), std::size_t{3});
  dallocx(mallocx(623, 0), 0);
  sdallocx(mallocx(5, MALLOCX_ALIGN(64)), 5, MALLOCX_ALIGN(64));

  // What can't be had is told in the operators' own way.
  bool isThrown = false;
  try {
    keep(::operator new(std::size_t{1} << 62));
  } catch (const std::bad_alloc &) {
    isThrown = true;
  }
  std::printf("%d %d\n", isThrown, ::operator new(std::size_t{1} << 62, std::nothrow) == nullptr);
  return 0;
}
