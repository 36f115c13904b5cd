// SwiftPM wants a source file in every C target; the header only declares.
#include "CSwiftDemangle.h"
