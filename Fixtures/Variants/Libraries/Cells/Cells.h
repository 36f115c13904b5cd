// C++ as Swift imports it: a class of values, and one that is counted by its own functions.
#pragma once
#include <memory>
#include <string>
#include <vector>

struct Cell {
  std::vector<int> numbers = {1, 2, 3};
  std::string text = "a text that is long enough for the heap, and then some";
  std::shared_ptr<int> shared = std::make_shared<int>(5);
};

inline Cell makeCell() { return Cell(); }
