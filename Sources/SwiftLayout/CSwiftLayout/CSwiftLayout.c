#include "CMachineLayout.h"
#include "CSwiftLayout.h"
