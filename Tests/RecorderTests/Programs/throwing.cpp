// A library that throws, and that calls back.
#include <stdexcept>
#include <string>

struct Sentinel {
  int *count;
  explicit Sentinel(int *count) : count(count) {}
  ~Sentinel() { ++*count; }
};

__attribute__((visibility("default"), noinline)) int throw_after(int levels, int *unwound) {
  Sentinel sentinel(unwound);
  std::string text(100 + levels, 'x');
  if (levels == 0) throw std::runtime_error("from the library: " + std::string(40, 'y'));
  return throw_after(levels - 1, unwound) + (int)text.size();
}

__attribute__((visibility("default"), noinline)) void call_back(void (*body)(int), int value) {
  std::string text(200, 'z');
  body(value);
}
