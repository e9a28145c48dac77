// SPDX-License-Identifier: GPL-3.0-or-later
// PEFT's adapter_config.json: the method alone.
#include "core/recipes/foreign_rows.h"

namespace luthier::recipes {

namespace {

Reading readKind(const Json& value, const Source&)
{
    const std::string kind = textOf(value);
    return kind == "LORA"            ? set("method.kind", "lora")
           : kind == "IA3"           ? set("method.kind", "ia3")
           : kind == "PREFIX_TUNING" ? set("method.kind", "prefix")
           : kind == "PROMPT_TUNING" ? set("method.kind", "prompt")
                                     : lost("there is no such method here");
}

Reading readTargetsOf(const Json& value, const Source& source)
{
    if (textOf(source.file.value("peft_type", Json("LORA"))) == "IA3") {
        return set("method.ia3_modules", textOf(value));
    }
    return value.is_null() ? usual() : readTargets(value, source);
}

Reading readPattern(const Json& value, const Source&)
{
    return value.is_object() && value.empty() ? usual() : lost("say it as method.rank_pattern or method.alpha_pattern, name=number");
}

Reading readUnused(const Json& value, const Source&)
{
    const bool isUsual = value.is_null() || value == false || (value.is_object() && value.empty()) || (value.is_array() && value.empty());
    return isUsual ? usual() : lost("there is no such setting here");
}

} // namespace

const ProgramRows& peftRows()
{
    static const ProgramRows rows{
        {"peft", "PEFT", "adapter_config.json", false},
        {
            {"peft_type", "", readKind},
            {"base_model_name_or_path", "", [](const Json& v, const Source& s) { return v.is_null() ? usual() : readModel(v, s); }},
            {"r", "method.rank"},
            {"lora_alpha", "method.alpha"},
            {"lora_dropout", "method.dropout"},
            {"target_modules", "", readTargetsOf},
            {"feedforward_modules", "", [](const Json& v, const Source&) { return v.is_null() ? usual() : set("method.feedforward_modules", textOf(v)); }},
            {"use_rslora", "method.use_rslora"},
            {"use_dora", "method.use_dora"},
            {"bias", "method.bias"},
            {"modules_to_save", "", [](const Json& v, const Source&) { return v.is_null() ? usual() : set("method.modules_to_save", textOf(v)); }},
            {"num_virtual_tokens", "method.num_virtual_tokens"},
            {"prefix_projection", "method.prefix_projection"},
            {"encoder_hidden_size", "", [](const Json& v, const Source&) { return v.is_null() ? usual() : set("method.encoder_hidden_size", textOf(v)); }},
            {"prompt_tuning_init_text", "", [](const Json& v, const Source&) { return v.is_null() ? usual() : set("method.prompt_text", textOf(v)); }},
            {"rank_pattern", "", readPattern},
            {"alpha_pattern", "", readPattern},
            {"task_type", "", readHere},
            {"inference_mode", "", readHere},
            {"auto_mapping", "", readHere},
            {"revision", "", readHere},
            {"peft_version", "", readHere},
            {"init_lora_weights", "", [](const Json& v, const Source&) { return v == true ? usual() : lost("other beginnings are a setting of the method"); }},
            {"fan_in_fan_out", "", readHere},
            {"layers_to_transform", "", readUnused},
            {"layers_pattern", "", readUnused},
            {"exclude_modules", "", readUnused},
            {"megatron_config", "", readUnused},
            {"megatron_core", "", readHere},
            {"loftq_config", "", readUnused},
            {"eva_config", "", readUnused},
            {"corda_config", "", readUnused},
            {"trainable_token_indices", "", readUnused},
            {"layer_replication", "", readUnused},
            {"lora_bias", "", readUnused},
        },
        {"peft_type"},
        {},
        {},
        ""};
    return rows;
}

} // namespace luthier::recipes
