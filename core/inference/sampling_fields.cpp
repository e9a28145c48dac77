// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/session.h"

namespace luthier::inference {

std::span<const fields::Field> samplingFields()
{
    using fields::field;
    static const std::vector<fields::Field> fields = {
        field<&Sampling::maxNew>("max_new", "Longest answer",
                                 "New tokens after which an answer ends, usually 256.",
                                 {.low = 1, .high = 1'000'000}, {.unit = "tokens"}),
        field<&Sampling::temperature>(
            "temperature", "Temperature",
            "0 always takes the likeliest token; higher is more varied, usually 0.7.",
            {.low = 0, .high = 100}),
        field<&Sampling::topK>("top_k", "Top-k",
                               "Draws among so many likeliest tokens; 0 is off, usually 50.",
                               {.low = 0, .high = 1'000'000}, {.advanced = true}),
        field<&Sampling::topP>(
            "top_p", "Top-p",
            "Draws among the likeliest tokens that make up this share; 1 is off, usually 0.9.",
            {.low = 0, .high = 1, .lowOpen = true}, {.advanced = true}),
        field<&Sampling::repetitionPenalty>(
            "repetition_penalty", "Repetition penalty",
            "Makes tokens that were already there less likely; 1 is off, usually 1.1.",
            {.low = 0, .high = 100, .lowOpen = true}, {.advanced = true}),
        field<&Sampling::seed>("seed", "Seed",
                               "The same seed gives the same answer; any whole number, usually 42.",
                               {.low = 0, .high = 9e15}, {.advanced = true}),
        field<&Sampling::stop>("stop", "Stop texts",
                               "Texts that end the answer and are not part of it; usually none.", {},
                               {.advanced = true}),
    };
    return fields;
}

} // namespace luthier::inference
