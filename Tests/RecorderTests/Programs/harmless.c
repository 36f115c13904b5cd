// A library that a user may preload.
int remnant_test_harmless = 1;
