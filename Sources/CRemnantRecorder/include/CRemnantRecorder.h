// The recorder exports the malloc family and nothing of its own: the tool finds its tables through
// the control page (CRecorderFormat.h).
