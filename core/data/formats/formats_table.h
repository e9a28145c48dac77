// SPDX-License-Identifier: GPL-3.0-or-later
// The rows of the table of formats, one function a file.
#pragma once

#include "core/data/formats/format.h"

namespace luthier::data {

DatasetFormat instructionFormat();
DatasetFormat chatFormat();
DatasetFormat completionFormat();
DatasetFormat preferenceFormat();
DatasetFormat comparisonFormat();
DatasetFormat textFormat();
DatasetFormat classificationFormat();
DatasetFormat promptFormat();
DatasetFormat unpairedFormat();

} // namespace luthier::data
