// The recorder as the program that it is linked into sees it.

#ifndef REMNANT_RECORDER_PUBLIC_H
#define REMNANT_RECORDER_PUBLIC_H

#include "CRecorderFormat.h"

/// The tables of this program's recorder, and what it does.
remnant_recorder_state *_Nonnull remnant_recorder(void);

#endif
