// C++'s operators are the allocator's own where it has them, sized ones among them; exceptions pass through all.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

struct alignas(64) Wide {
  char bytes[64];
};

int main() {
  std::vector<std::unique_ptr<std::string>> strings;
  for (int i = 0; i < 2000; i++) strings.push_back(std::make_unique<std::string>(i % 90, 'x'));
  std::size_t sum = 0;
  for (auto &string : strings) sum += string->size();
  strings.clear();
  for (int i = 0; i < 100; i++) delete new char, delete[] new char[i], delete new Wide;
  try {
    throw std::runtime_error("thrown");
  } catch (const std::exception &error) {
    std::printf("%zu %s\n", sum, error.what());
  }
  return 0;
}
