// Counts of births and deaths, one slot for each class.
//
// Provided in C because the optimiser must not see through it: an object whose address goes to an
// unknown function can be neither removed nor placed on the stack. It keeps its counts in static
// memory and keeps no address, so it allocates nothing and holds nothing alive.

#ifndef CCENSUS_H
#define CCENSUS_H

/// Adds `change` to the count of objects of `type` that are alive.
void census_count(const void *type, const void *object, long change);

/// The number of classes that were counted.
int census_type_count(void);

/// The metadata of a class, in order of first appearance.
const void *census_type(int index);

/// How many objects of that class are alive.
long census_alive(int index);

/// Takes a number and forgets it: what it was read from must exist.
void census_use(long number);

#endif
