// SPDX-License-Identifier: GPL-3.0-or-later
// Axolotl: the file of `axolotl train FILE`.
#include "core/recipes/foreign_rows.h"

#include <map>

namespace luthier::recipes {

namespace {

using config::RunConfig;

std::optional<Json> only(bool when, Json value)
{
    return when ? std::optional<Json>(std::move(value)) : std::nullopt;
}

Reading readAdapter(const Json& value, const Source&)
{
    const std::string kind = value.is_null() ? "" : textOf(value);
    return kind.empty() ? set("method.kind", "full") : kind == "lora" || kind == "qlora" ? set("method.kind", kind) : lost("there is no such method here");
}

Reading readSets(const Json& value, const Source& source, const std::string& key)
{
    std::vector<std::string> files;
    Reading reading;
    for (const Json& one : value.is_array() ? value : Json::array()) {
        const std::string path = one.is_object() && one.contains("path") ? textOf(one.at("path")) : textOf(one);
        const std::string inside = one.is_object() && one.contains("data_files") && one.at("data_files").is_string() ? textOf(one.at("data_files")) : path;
        const Reading file = readDataFile(inside, source);
        if (!file.why.empty()) {
            return lost(path + ": " + file.why);
        }
        files.push_back(file.settings.front().second);
        const Json keys = one.is_object() ? one : Json::object();
        for (const auto& [name, said] : keys.items()) {
            if (name == "type" && said.is_object()) {
                reading.notes.push_back("datasets: " + path + " has a type of its own; say which column is what (data.columns).");
            } else if (name == "field_messages" && said != "messages") {
                reading.settings.push_back({"data.columns", "messages=" + textOf(said)});
            } else if (name == "type" && said == "completion") {
                reading.settings.push_back({"objective.kind", "pretrain"});
            } else if (name == "shards" || name == "split" || name == "roles_to_train" || name == "message_property_mappings") {
                reading.notes.push_back("datasets: " + name + " of " + path + " was not carried over.");
            }
        }
    }
    std::string all;
    for (const std::string& file : files) {
        all += (all.empty() ? "" : ",") + file;
    }
    reading.settings.insert(reading.settings.begin(), {key, all});
    return reading;
}

Reading readDatasets(const Json& value, const Source& source)
{
    return readSets(value, source, "data.train");
}

Reading readRl(const Json& value, const Source&)
{
    const std::string kind = value.is_null() ? "" : textOf(value);
    if (kind == "ipo") {
        return {{{"objective.kind", "dpo"}, {"objective.loss", "ipo"}}, {}, {}};
    }
    return kind.empty()                                                                                      ? usual()
           : kind == "dpo" || kind == "kto" || kind == "orpo" || kind == "simpo" || kind == "grpo" ? set("objective.kind", kind)
                                                                                                   : lost("there is no such objective here");
}

Reading readChat(const Json& value, const Source&)
{
    static const std::map<std::string, std::string> known{{"chatml", "chatml"}, {"llama3", "llama3"}, {"gemma", "gemma"}, {"tokenizer_default", "folder"}};
    const auto found = value.is_string() ? known.find(textOf(value)) : known.end();
    return found == known.end() ? Reading{{}, {}, {"chat_template: the model's own is used; see it with luthier render."}} : set("model.chat_template", found->second);
}

Reading readPerEpoch(const Json&, const Source&)
{
    return {{}, {}, {"Evaluations and checkpoints are spread over the run: ten and five times, or run.eval_every and run.checkpoint_every steps."}};
}

Reading readWarmSteps(const Json& value, const Source&)
{
    return numberOf(value, 0) == 0 ? set("schedule.warmup_ratio", "0") : lost("warm-up is a share of the run here: schedule.warmup_ratio");
}

Reading readBf16(const Json& value, const Source&)
{
    return value == "auto" ? usual() : set("model.dtype", isTrue(value) ? "bf16" : "fp32");
}

Reading readNoFp16(const Json& value, const Source&)
{
    return isTrue(value) ? lost("training in fp16 is not done here; bf16 or fp32") : usual();
}

} // namespace

const ProgramRows& axolotlRows()
{
    static const ProgramRows rows{
        {"axolotl", "Axolotl", "config.yaml", true},
        {
            {"base_model", "model.path", readModel, writeModel},
            {"adapter", "method.kind", readAdapter, [](const RunConfig& c) { return only(isLora(c), c.method.kind); }},
            {"load_in_4bit", "model.quantization", readHere, [](const RunConfig& c) { return only(c.method.kind == "qlora", true); }},
            {"load_in_8bit", "", [](const Json& v, const Source&) { return isTrue(v) ? lost("bases are held in 4 bits (nf4, fp4) or as they are") : usual(); }, nullptr, true, false},
            {"lora_model_dir", "model.adapter", nullptr, [](const RunConfig& c) { return only(!c.model.adapter.empty(), c.model.adapter); }},
            {"lora_r", "method.rank", nullptr, [](const RunConfig& c) { return only(isLora(c), valueAs<std::int64_t>(c, "method.rank")); }},
            {"lora_alpha", "method.alpha", nullptr, [](const RunConfig& c) { return only(isLora(c), static_cast<std::int64_t>(valueAs<double>(c, "method.alpha"))); }},
            {"lora_dropout", "method.dropout", nullptr, [](const RunConfig& c) { return only(isLora(c), valueAs<double>(c, "method.dropout")); }},
            {"lora_target_modules", "method.target_modules", readTargets,
             [](const RunConfig& c) { return only(isLora(c) && fields::toText(valueOf(c, "method.target_modules")) != "all-linear", fields::toJson(valueOf(c, "method.target_modules"))); }},
            {"lora_target_linear", "method.target_modules", [](const Json& v, const Source&) { return isTrue(v) ? set("method.target_modules", "all-linear") : usual(); },
             [](const RunConfig& c) { return only(isLora(c) && fields::toText(valueOf(c, "method.target_modules")) == "all-linear", true); }},
            {"lora_modules_to_save", "method.modules_to_save", nullptr,
             [](const RunConfig& c) { return only(isLora(c) && !valueAs<std::vector<std::string>>(c, "method.modules_to_save").empty(), fields::toJson(valueOf(c, "method.modules_to_save"))); }},
            {"peft_use_dora", "method.use_dora", nullptr, [](const RunConfig& c) { return only(isLora(c) && valueAs<bool>(c, "method.use_dora"), true); }},
            {"peft_use_rslora", "method.use_rslora", nullptr, [](const RunConfig& c) { return only(isLora(c) && valueAs<bool>(c, "method.use_rslora"), true); }},
            {"loraplus_lr_ratio", "optimizer.lora_plus_ratio", nullptr,
             [](const RunConfig& c) { return only(isLora(c) && valueAs<double>(c, "optimizer.lora_plus_ratio") > 1, valueAs<double>(c, "optimizer.lora_plus_ratio")); }},
            {"datasets", "data.train", readDatasets,
             [](const RunConfig& c) {
                 Json sets = Json::array();
                 for (const std::string& file : c.data.train) {
                     sets.push_back({{"path", file}, {"ds_type", "json"}, {"type", c.objective.kind == "pretrain" ? "completion" : isPairs(c) ? "chat_template.default" : "chat_template"}});
                 }
                 return only(!sets.empty(), sets);
             }},
            {"test_datasets", "data.held_out", [](const Json& v, const Source& s) { return readSets(v, s, "data.held_out"); },
             [](const RunConfig& c) {
                 Json sets = Json::array();
                 for (const std::string& file : c.data.heldOut) {
                     sets.push_back({{"path", file}, {"ds_type", "json"}, {"type", "chat_template"}, {"split", "train"}});
                 }
                 return only(!sets.empty(), sets);
             }},
            {"val_set_size", "data.held_out_share", nullptr, [](const RunConfig& c) { return only(c.data.heldOut.empty(), c.data.heldOutShare); }},
            {"sequence_len", "data.max_length"},
            {"sample_packing", "data.padding", [](const Json& v, const Source&) { return isTrue(v) ? set("data.padding", "packed") : usual(); },
             [](const RunConfig& c) { return std::optional<Json>(c.data.padding == "packed"); }},
            {"pad_to_sequence_len", "", readHere, nullptr, true, false},
            {"eval_sample_packing", "", readHere, nullptr, true, false},
            {"train_on_inputs", "data.train_on", [](const Json& v, const Source&) { return set("data.train_on", isTrue(v) ? "all" : "answers"); },
             [](const RunConfig& c) { return std::optional<Json>(c.data.trainOn == "all"); }},
            {"group_by_length", "data.padding", [](const Json& v, const Source&) { return isTrue(v) ? set("data.padding", "length_buckets") : usual(); },
             [](const RunConfig& c) { return only(c.data.padding == "length_buckets", true); }},
            {"chat_template", "model.chat_template", readChat,
             [](const RunConfig& c) { return std::optional<Json>(c.model.chatTemplate == "folder" || c.model.chatTemplate == "plain" ? "tokenizer_default" : c.model.chatTemplate); }},
            {"micro_batch_size", "run.batch_size"},
            {"gradient_accumulation_steps", "run.gradient_accumulation"},
            {"num_epochs", "run.epochs"},
            {"max_steps", "run.max_steps", [](const Json& v, const Source&) { return numberOf(v, -1) > 0 ? set("run.max_steps", textOf(v)) : usual(); },
             [](const RunConfig& c) { return only(c.run.maxSteps > 0, c.run.maxSteps); }},
            {"optimizer", "optimizer.kind", readOptimizer, writeOptimizer},
            {"lr_scheduler", "schedule.kind", readSchedule, writeSchedule},
            {"learning_rate", "optimizer.learning_rate"},
            {"weight_decay", "optimizer.weight_decay"},
            {"max_grad_norm", "optimizer.max_grad_norm"},
            {"adam_beta1", "optimizer.beta1"},
            {"adam_beta2", "optimizer.beta2"},
            {"adam_epsilon", "optimizer.epsilon"},
            {"warmup_ratio", "schedule.warmup_ratio", nullptr, [](const RunConfig& c) { return only(c.objective.kind != "simpo", c.schedule.warmupRatio); }}, // its trainer refuses shares
            {"warmup_steps", "", readWarmSteps, nullptr, true, false},
            {"seed", "run.seed"},
            {"bf16", "model.dtype", readBf16, [](const RunConfig& c) { return std::optional<Json>(c.model.dtype == "auto" ? Json("auto") : Json(c.model.dtype == "bf16")); }},
            {"bfloat16", "", readBf16, nullptr, true, false},
            {"fp16", "", readNoFp16, nullptr, true, false},
            {"float16", "", readNoFp16, nullptr, true, false},
            {"tf32", "", readHere, nullptr, true, false},
            {"gradient_checkpointing", "run.activation_checkpointing", [](const Json& v, const Source&) { return set("run.activation_checkpointing", isTrue(v) ? "true" : "false"); }},
            {"gradient_checkpointing_kwargs", "", readHere, nullptr, true, false},
            {"eval_steps", "run.eval_every", [](const Json& v, const Source&) { return numberOf(v, 0) >= 1 ? set("run.eval_every", textOf(v)) : usual(); },
             [](const RunConfig& c) { return only(c.run.evalEvery > 0, c.run.evalEvery); }},
            {"save_steps", "run.checkpoint_every", [](const Json& v, const Source&) { return numberOf(v, 0) >= 1 ? set("run.checkpoint_every", textOf(v)) : usual(); },
             [](const RunConfig& c) { return only(c.run.checkpointEvery > 0, c.run.checkpointEvery); }},
            {"save_total_limit", "run.keep_checkpoints"},
            {"evals_per_epoch", "", readPerEpoch, nullptr, true, false},
            {"saves_per_epoch", "", readPerEpoch, nullptr, true, false},
            {"early_stopping_patience", "run.patience", nullptr, [](const RunConfig& c) { return only(valueAs<std::int64_t>(c, "run.patience") > 0, valueAs<std::int64_t>(c, "run.patience")); }},
            {"neftune_noise_alpha", "run.neftune_alpha", nullptr,
             [](const RunConfig& c) { return only(valueAs<double>(c, "run.neftune_alpha") > 0, valueAs<double>(c, "run.neftune_alpha")); }},
            {"label_smoothing_factor", "run.label_smoothing_factor", nullptr, nullptr, true, false}, // it has no such key any more
            {"remove_unused_columns", "", readHere, [](const RunConfig& c) { return only(c.objective.kind == "kto", false); }}, // as its trainer of kto asks
            {"rl", "objective.kind", readRl,
             [](const RunConfig& c) { return only(isPairs(c) || c.objective.kind == "grpo", c.objective.kind == "dpo" && valueAs<std::string>(c, "objective.loss") == "ipo" ? "ipo" : c.objective.kind); }},
            {"rl_beta", "objective.beta", nullptr, [](const RunConfig& c) { return only((c.objective.kind == "dpo" || c.objective.kind == "kto" || c.objective.kind == "simpo") && valueAs<double>(c, "objective.beta") > 0, valueAs<double>(c, "objective.beta")); }},
            {"orpo_alpha", "objective.beta", [](const Json& v, const Source&) { return set("objective.beta", textOf(v)); },
             [](const RunConfig& c) { return only(c.objective.kind == "orpo" && valueAs<double>(c, "objective.beta") > 0, valueAs<double>(c, "objective.beta")); }},
            {"dpo_label_smoothing", "objective.label_smoothing", nullptr, [](const RunConfig& c) { return only(c.objective.kind == "dpo" && valueAs<double>(c, "objective.label_smoothing") > 0, valueAs<double>(c, "objective.label_smoothing")); }},
            {"simpo_gamma", "objective.gamma", nullptr, [](const RunConfig& c) { return only(c.objective.kind == "simpo", valueAs<double>(c, "objective.gamma")); }},
            {"reward_model", "objective.kind", [](const Json& v, const Source&) { return isTrue(v) ? set("objective.kind", "reward") : usual(); },
             [](const RunConfig& c) { return only(c.objective.kind == "reward", true); }},
            {"output_dir", "", readHere, [](const RunConfig& c) { return std::optional<Json>(c.run.name.empty() ? "result" : c.run.name); }},
            {"model_type", "", readHere, nullptr, true, false},
            {"tokenizer_type", "", readHere, nullptr, true, false},
            {"dataset_prepared_path", "", readHere, nullptr, true, false},
            {"flash_attention", "", readHere, nullptr, true, false},
            {"xformers_attention", "", readHere, nullptr, true, false},
            {"sdp_attention", "", readHere, nullptr, true, false},
            {"attn_implementation", "", readHere, nullptr, true, false},
            {"logging_steps", "", readHere, nullptr, true, false},
            {"wandb_project", "", readHere, nullptr, true, false},
            {"wandb_entity", "", readHere, nullptr, true, false},
            {"wandb_watch", "", readHere, nullptr, true, false},
            {"wandb_name", "", readHere, nullptr, true, false},
            {"wandb_log_model", "", readHere, nullptr, true, false},
            {"strict", "", readHere, nullptr, true, false},
            {"hub_model_id", "", readHere, nullptr, true, false},
            {"special_tokens", "", [](const Json& v, const Source&) { return v.is_null() || v.empty() ? usual() : lost("the tokenizer's own are used; change them in its files"); }, nullptr, true, false},
            {"resume_from_checkpoint", "", [](const Json& v, const Source&) { return v.is_null() ? usual() : lost("luthier resume goes on with a run of its own"); }, nullptr, true, false},
        },
        {"base_model", "micro_batch_size", "sequence_len", "datasets"},
        {},
        {{"method.kind", "full"}, {"optimizer.weight_decay", "0"}, {"schedule.warmup_ratio", "0"}, {"run.gradient_accumulation", "1"}, {"data.held_out_share", "0"}, {"data.train_on", "answers"}},
        "# axolotl train THIS_FILE"};
    return rows;
}

} // namespace luthier::recipes
