// Included before a kernel file: the variant neon on x86-64 with AVX2.
#include <simde/arm/neon/dot.h>

#include "armv8.h"

#define vdotq_s32 simde_vdotq_s32
#define __ARM_FEATURE_DOTPROD 1
