// SPDX-License-Identifier: GPL-3.0-or-later
// StoredCodes: weights that bitsandbytes quantised to 4 bits, as its model folders keep them beside `p.weight`:
//   p.weight.absmax, .quant_map, .quant_state.bitsandbytes__nf4 (or __fp4: bytes of JSON), and where the constants are
//   quantised too .nested_absmax, .nested_quant_map.
// Every size and value is checked; errors name file and tensor. Internal to core: names torch types.
#pragma once

#include "core/quant/quantised_weight.h"
#include "core/weights/model_folder.h"

#include <string>
#include <vector>

namespace luthier::weights {

// Whether `name` ("model.layers.0.mlp.up_proj.weight") is stored in codes.
bool holdsCodes(const ModelFolder& folder, const std::string& name);

// In CPU memory, [rows, columns].
Result<quant::QuantisedWeight> readCodes(const ModelFolder& folder, const std::string& name, std::int64_t rows,
                                         std::int64_t columns);

// Names of all tensors that belong to `name`.
std::vector<std::string> codeTensors(const ModelFolder& folder, const std::string& name);

} // namespace luthier::weights
