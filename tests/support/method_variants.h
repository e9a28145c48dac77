// SPDX-License-Identifier: GPL-3.0-or-later
// MethodVariants: every row of the table of methods with settings that make it compute another way; tests loop over them.
#pragma once

#include "core/peft/methods/bottleneck_settings.h"
#include "core/peft/methods/full_settings.h"
#include "core/peft/methods/lora_settings.h"
#include "core/peft/methods/method.h"
#include "core/peft/methods/virtual_tokens.h"

#include <vector>

namespace luthier::support {

// A row of the table of methods with some settings of its own.
struct MethodVariant {
    const char* name;
    const char* method;
    void (*change)(peft::MethodSettings&);
    bool merges = true; // into the base's weights
};

inline const std::vector<MethodVariant> kVariants{
    {"lora", "lora", [](peft::MethodSettings&) {}},
    {"rsLoRA with patterns", "lora",
     [](peft::MethodSettings& s) {
         s.of<peft::LoraSettings>().useRslora = true;
         s.of<peft::LoraSettings>().targetModules = {"all-linear"};
         s.of<peft::LoraSettings>().rankPattern = {"layers.1.mlp.up_proj=3", "k_proj=2"};
         s.of<peft::LoraSettings>().alphaPattern = {"k_proj=5.5"};
     }},
    {"qlora", "qlora", [](peft::MethodSettings&) {}},
    {"DoRA", "lora",
     [](peft::MethodSettings& s) {
         s.of<peft::LoraSettings>().useDora = true;
         s.of<peft::LoraSettings>().targetModules = {"all-linear"};
     }},
    {"LoRA with norms", "lora", [](peft::MethodSettings& s) { s.of<peft::LoraSettings>().modulesToSave = {"norm"}; }},
    {"LoRA with embeddings", "lora", [](peft::MethodSettings& s) { s.of<peft::LoraSettings>().modulesToSave = {"embed_tokens"}; }},
    {"LoRA on embedding and head", "lora", [](peft::MethodSettings& s) { s.of<peft::LoraSettings>().targetModules = {"q_proj", "embed_tokens", "lm_head"}; }},
    {"LoRA with rows of tokens", "lora", [](peft::MethodSettings& s) { s.of<peft::LoraSettings>().tokens = {"9", "5"}; }},
    {"LoRA with biases of its own", "lora", [](peft::MethodSettings& s) { s.of<peft::LoraSettings>().loraBias = true; }, false},
    {"full", "full", [](peft::MethodSettings&) {}},
    {"full, some frozen", "full",
     [](peft::MethodSettings& s) {
         s.of<peft::FullSettings>().frozenLayers = 1;
         s.of<peft::FullSettings>().freezeEmbeddings = true;
     }},
    {"ia3", "ia3", [](peft::MethodSettings&) {}},
    {"bottleneck", "bottleneck", [](peft::MethodSettings& s) { s.of<peft::BottleneckSettings>().reductionFactor = 4; }, false},
    {"bottleneck, Houlsby", "bottleneck",
     [](peft::MethodSettings& s) {
         s.of<peft::BottleneckSettings>().places = "houlsby";
         s.of<peft::BottleneckSettings>().nonLinearity = "swish";
     },
     false},
    {"prefix", "prefix", [](peft::MethodSettings& s) { s.of<peft::VirtualTokens>().count = 3; }, false},
    {"prefix, projected", "prefix",
     [](peft::MethodSettings& s) {
         s.of<peft::VirtualTokens>().count = 3;
         s.of<peft::PrefixSettings>().projection = true;
     },
     false},
    {"prompt", "prompt", [](peft::MethodSettings& s) { s.of<peft::VirtualTokens>().count = 3; }, false},
    {"prompt from text", "prompt",
     [](peft::MethodSettings& s) {
         s.of<peft::VirtualTokens>().count = 7;
         s.of<peft::PromptSettings>().text = "Answer briefly.";
     },
     false},
};

} // namespace luthier::support
