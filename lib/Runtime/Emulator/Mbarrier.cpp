#include "Mbarrier.h"
void emo::rt::emulator::landArrivals(uint32_t) {}
