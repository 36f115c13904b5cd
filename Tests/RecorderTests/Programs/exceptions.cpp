// C++ exceptions across libraries, threads and callbacks, with allocations all the way.
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

int throw_after(int levels, int *unwound);
void call_back(void (*body)(int), int value);

static void thrower(int value) { throw std::string(value, 'a'); }

static int work(int rounds) {
  int sum = 0;
  for (int i = 0; i < rounds; i++) {
    int unwound = 0;
    try {
      throw_after(i % 30, &unwound);
    } catch (const std::runtime_error &error) {
      sum += unwound + (int)std::string(error.what()).size();
    }
    try {
      call_back(thrower, 50 + i % 10);
    } catch (const std::string &text) {
      sum += (int)text.size();
    }
  }
  return sum;
}

int main() {
  std::vector<std::thread> threads;
  std::vector<int> sums(8);
  for (int i = 0; i < 8; i++) threads.emplace_back([&sums, i] { sums[i] = work(200); });
  for (auto &thread : threads) thread.join();
  for (int sum : sums) std::printf("%d\n", sum);

  std::exception_ptr carried;
  std::thread([&carried] {
    try {
      int unwound = 0;
      throw_after(5, &unwound);
    } catch (...) {
      carried = std::current_exception();
    }
  }).join();
  try {
    std::rethrow_exception(carried);
  } catch (const std::exception &error) {
    std::printf("carried: %s\n", error.what());
  }
  try {
    std::vector<int> impossible(SIZE_MAX / 16);
  } catch (const std::bad_alloc &) {
    std::puts("bad_alloc");
  }
  return 0;
}
