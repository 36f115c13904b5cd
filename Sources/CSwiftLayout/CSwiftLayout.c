#include "CSwiftLayout.h"
