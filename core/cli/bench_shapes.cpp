// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/bench_shapes.h"

#include <algorithm>
#include <array>

namespace luthier::cli {

namespace {

struct Shape {
    const char* name;
    std::int64_t vocab, hidden, intermediate, layers, heads, kvHeads, headDim, maxPositions;
    bool tiedHead;
};
constexpr std::array kShapes = {
    Shape{"tiny", 4096, 256, 704, 8, 8, 4, 32, 1024, true},
    Shape{"135m", 49152, 576, 1536, 30, 9, 3, 64, 2048, true},
    Shape{"1b", 128256, 2048, 8192, 16, 32, 8, 64, 131072, true},
    Shape{"8b", 128256, 4096, 14336, 32, 32, 8, 128, 131072, false},
    Shape{"65b", 32000, 8192, 22016, 80, 64, 64, 128, 2048, false},
};

} // namespace

std::vector<std::string> shapeNames()
{
    std::vector<std::string> names;
    for (const Shape& shape : kShapes) {
        names.emplace_back(shape.name);
    }
    return names;
}

nn::DecoderConfig shapeOf(const std::string& name)
{
    const auto found = std::find_if(kShapes.begin(), kShapes.end(), [&](const Shape& s) { return name == s.name; });
    const Shape& shape = found == kShapes.end() ? kShapes.front() : *found;
    nn::DecoderConfig config;
    config.family = "llama";
    config.vocab = shape.vocab;
    config.hidden = shape.hidden;
    config.intermediate = shape.intermediate;
    config.layers = shape.layers;
    config.heads = shape.heads;
    config.kvHeads = shape.kvHeads;
    config.headDim = shape.headDim;
    config.maxPositions = shape.maxPositions;
    config.tiedHead = shape.tiedHead;
    return config;
}

} // namespace luthier::cli
