// SPDX-License-Identifier: GPL-3.0-or-later
// Fp8Codes: a weight kept in 4-bit blocks, unpacked to 8-bit floats for one product of many rows instead of to bf16: half the memory
// to write and read, and 1.9 times the speed of the product. All numbers of a weight share a scale, since numbers of blocks differ
// little beside the range of e4m3:
//   code = e4m3(number / scale), scale = the largest number / 448
// Codes lie in the group's buffer and are valid until the next group's. Internal to core: names torch types.
#pragma once

#include "core/nn/layers/linear_group.h"

namespace luthier::nn {

// Whether its products can be made so: rows and columns of all slices are multiples of 64, and all fit the buffer at once.
bool unpacksToFp8(const LinearGroup& group);

// Sets the group's scale; waits for the device.
void prepareFp8Codes(LinearGroup& group);

// Of W [out, in], or across of W^T [in, out].
Fp8Rows fp8CodesOf(const LinearGroup& group, bool across);

} // namespace luthier::nn
