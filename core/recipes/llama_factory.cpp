// SPDX-License-Identifier: GPL-3.0-or-later
// LLaMA-Factory: the arguments of `llamafactory-cli train FILE`. Data sets are names of dataset_info.json.
#include "core/base/files.h"
#include "core/recipes/foreign_rows.h"

#include <map>

namespace luthier::recipes {

namespace fs = std::filesystem;

namespace {

using config::RunConfig;

std::optional<Json> only(bool when, Json value)
{
    return when ? std::optional<Json>(std::move(value)) : std::nullopt;
}

Reading readStage(const Json& value, const Source&)
{
    static const std::map<std::string, std::string> stages{{"sft", "sft"}, {"pt", "pretrain"}, {"rm", "reward"}, {"dpo", "dpo"}, {"kto", "kto"}, {"ppo", "ppo"}};
    const auto found = stages.find(textOf(value));
    return found == stages.end() ? lost("there is no such stage here") : set("objective.kind", found->second);
}

Reading readPrefLoss(const Json& value, const Source&)
{
    const std::string loss = textOf(value);
    if (loss == "orpo" || loss == "simpo") {
        return set("objective.kind", loss);
    }
    if (loss == "kto_pair") {
        return lost("KTO takes answers that were judged one by one here");
    }
    return set("objective.loss", loss);
}

Reading readFinetuning(const Json& value, const Source&)
{
    const std::string kind = textOf(value);
    return kind == "lora" || kind == "full" ? set("method.kind", kind) : lost("there is no such method here; freezing layers is method.frozen_layers of full");
}

Reading readBits(const Json& value, const Source&)
{
    return numberOf(value, 0) == 4 ? Reading{{{"method.kind", "qlora"}}, {}, {}} : lost("bases are held in 4 bits (nf4, fp4) or as they are");
}

std::vector<std::string> namesOf(const Json& value)
{
    std::vector<std::string> names;
    std::string name;
    for (const char c : (value.is_array() ? std::string() : textOf(value)) + ",") {
        if (c == ',') {
            if (!name.empty()) {
                names.push_back(name);
            }
            name.clear();
        } else if (c != ' ') {
            name += c;
        }
    }
    for (const Json& one : value.is_array() ? value : Json::array()) {
        names.push_back(textOf(one));
    }
    return names;
}

// What dataset_info.json says of the names.
Reading readDatasets(const Json& value, const Source& source)
{
    const fs::path folder = source.folder / textOf(source.file.value("dataset_dir", Json("data")));
    const auto info = base::readJson(folder / "dataset_info.json");
    std::vector<std::string> files;
    std::vector<std::string> columns;
    for (const std::string& name : namesOf(value)) {
        const Json entry = info && info->contains(name) ? info->at(name) : Json();
        const std::string file = entry.is_object() && entry.contains("file_name") ? textOf(entry.at("file_name")) : name;
        std::error_code code;
        const fs::path path = fs::path(file).is_absolute() ? fs::path(file) : folder / file;
        if (!fs::exists(path, code)) {
            return lost(info ? name + " names no file that is there: save it as a file and add that"
                             : (folder / "dataset_info.json").string() + " is not there, so the names mean nothing: add the files");
        }
        files.push_back(fs::absolute(path, code).lexically_normal().string());
        for (const auto& [theirs, ours] : {std::pair("prompt", "instruction"), {"query", "input"}, {"response", "output"}, {"chosen", "chosen"}, {"rejected", "rejected"}, {"messages", "messages"}}) {
            const Json named = entry.is_object() && entry.contains("columns") ? entry.at("columns") : Json::object();
            if (named.is_object() && named.contains(theirs) && textOf(named.at(theirs)) != ours) {
                columns.push_back(std::string(ours) + "=" + textOf(named.at(theirs)));
            }
        }
    }
    Reading reading = set("data.train", fields::toText(fields::Value(files)));
    if (!columns.empty() && files.size() == 1) {
        reading.settings.push_back({"data.columns", fields::toText(fields::Value(columns))});
    } else if (!columns.empty()) {
        reading.notes.push_back("data.columns: the files name their columns differently; say for each on the Data page which is which.");
    }
    return reading;
}

Reading readLimit(const Json& value, const Source&)
{
    return {{{"data.limit", textOf(value)}}, {}, {"data.limit: here of all files together, there of each."}};
}

} // namespace

const ProgramRows& llamaFactoryRows()
{
    static const ProgramRows rows{
        {"llamafactory", "LLaMA-Factory", "train.yaml", true},
        {
            {"model_name_or_path", "model.path", readModel, writeModel},
            {"adapter_name_or_path", "model.adapter", nullptr, [](const RunConfig& c) { return only(!c.model.adapter.empty(), c.model.adapter); }},
            {"stage", "objective.kind", readStage,
             [](const RunConfig& c) {
                 const std::string& kind = c.objective.kind;
                 return only(kind == "sft" || kind == "pretrain" || kind == "reward" || kind == "ppo" || isPairs(c),
                             kind == "pretrain" ? "pt" : kind == "reward" ? "rm" : kind == "orpo" || kind == "simpo" ? "dpo" : kind);
             }},
            {"pref_loss", "objective.loss", readPrefLoss,
             [](const RunConfig& c) {
                 const std::string& kind = c.objective.kind;
                 return only(kind == "dpo" || kind == "orpo" || kind == "simpo", kind == "dpo" ? Json(valueAs<std::string>(c, "objective.loss")) : Json(kind));
             }},
            {"pref_beta", "objective.beta", nullptr, [](const RunConfig& c) { return only(isPairs(c) && valueAs<double>(c, "objective.beta") > 0, valueAs<double>(c, "objective.beta")); }},
            {"pref_ftx", "objective.nll_weight", nullptr, [](const RunConfig& c) { return only(c.objective.kind == "dpo", valueAs<double>(c, "objective.nll_weight")); }},
            {"dpo_label_smoothing", "objective.label_smoothing", nullptr, [](const RunConfig& c) { return only(c.objective.kind == "dpo", valueAs<double>(c, "objective.label_smoothing")); }},
            {"kto_chosen_weight", "objective.desirable_weight", nullptr, [](const RunConfig& c) { return only(c.objective.kind == "kto", valueAs<double>(c, "objective.desirable_weight")); }},
            {"kto_rejected_weight", "objective.undesirable_weight", nullptr, [](const RunConfig& c) { return only(c.objective.kind == "kto", valueAs<double>(c, "objective.undesirable_weight")); }},
            {"do_train", "", readHere, [](const RunConfig&) { return std::optional<Json>(true); }},
            {"finetuning_type", "method.kind", readFinetuning,
             [](const RunConfig& c) { return only(isLora(c) || c.method.kind == "full", c.method.kind == "full" ? "full" : "lora"); }},
            {"quantization_bit", "model.quantization", readBits, [](const RunConfig& c) { return only(c.method.kind == "qlora", 4); }},
            {"quantization_type", "", [](const Json& v, const Source& s) { return s.file.contains("quantization_bit") ? set("model.quantization", textOf(v)) : usual(); },
             [](const RunConfig& c) { return only(c.method.kind == "qlora", c.model.quantization == "fp4" ? "fp4" : "nf4"); }},
            {"double_quantization", "model.double_quantization", nullptr, [](const RunConfig& c) { return only(c.method.kind == "qlora", c.model.doubleQuantization); }},
            {"quantization_method", "", readHere, nullptr, true, false},
            {"lora_rank", "method.rank",
             [](const Json& v, const Source& s) {
                 Reading reading = set("method.rank", textOf(v));
                 if (!s.file.contains("lora_alpha")) { // twice the rank there
                     reading.settings.push_back({"method.alpha", textOf(Json(2 * numberOf(v, 8)))});
                 }
                 return reading;
             }, [](const RunConfig& c) { return only(isLora(c), valueAs<std::int64_t>(c, "method.rank")); }},
            {"lora_alpha", "method.alpha", nullptr, [](const RunConfig& c) { return only(isLora(c), static_cast<std::int64_t>(valueAs<double>(c, "method.alpha"))); }},
            {"lora_dropout", "method.dropout", nullptr, [](const RunConfig& c) { return only(isLora(c), valueAs<double>(c, "method.dropout")); }},
            {"lora_target", "method.target_modules", readTargets,
             [](const RunConfig& c) {
                 const std::string names = fields::toText(valueOf(c, "method.target_modules"));
                 return only(isLora(c), names == "all-linear" ? "all" : names);
             }},
            {"additional_target", "method.modules_to_save", nullptr,
             [](const RunConfig& c) {
                 const std::string names = fields::toText(valueOf(c, "method.modules_to_save"));
                 return only(isLora(c) && !names.empty(), names);
             }},
            {"use_rslora", "method.use_rslora", nullptr, [](const RunConfig& c) { return only(isLora(c), valueAs<bool>(c, "method.use_rslora")); }},
            {"use_dora", "method.use_dora", nullptr, [](const RunConfig& c) { return only(isLora(c), valueAs<bool>(c, "method.use_dora")); }},
            {"loraplus_lr_ratio", "optimizer.lora_plus_ratio", nullptr,
             [](const RunConfig& c) { return only(isLora(c) && valueAs<double>(c, "optimizer.lora_plus_ratio") > 1, valueAs<double>(c, "optimizer.lora_plus_ratio")); }},
            {"dataset", "data.train", readDatasets, nullptr, true, false},
            {"dataset_dir", "", readHere, [](const RunConfig&) { return std::optional<Json>("."); }},
            {"eval_dataset", "data.held_out", [](const Json& v, const Source& s) {
                 Reading reading = readDatasets(v, s);
                 for (Set& one : reading.settings) {
                     one.first = one.first == "data.train" ? "data.held_out" : one.first;
                 }
                 return reading;
             }, nullptr, true, false},
            {"template", "", [](const Json&, const Source&) { return Reading{{}, {}, {"template: the model's own chat template is used; see it with luthier render."}}; },
             [](const RunConfig&) { return std::optional<Json>("default"); }},
            {"cutoff_len", "data.max_length"},
            {"max_samples", "data.limit", readLimit, [](const RunConfig& c) { return only(c.data.limit > 0, c.data.limit); }},
            {"packing", "data.padding", [](const Json& v, const Source&) { return isTrue(v) ? set("data.padding", "packed") : usual(); },
             [](const RunConfig& c) { return only(c.data.padding == "packed", true); }},
            {"neat_packing", "", readHere, [](const RunConfig& c) { return only(c.data.padding == "packed", true); }},
            {"train_on_prompt", "data.train_on", [](const Json& v, const Source&) { return set("data.train_on", isTrue(v) ? "all" : "answers"); },
             [](const RunConfig& c) { return std::optional<Json>(c.data.trainOn == "all"); }},
            {"val_size", "data.held_out_share", [](const Json& v, const Source&) { return numberOf(v, 0) < 1 ? set("data.held_out_share", textOf(v)) : lost("a number of rows; a share is held out here"); }},
            {"per_device_train_batch_size", "run.batch_size"},
            {"gradient_accumulation_steps", "run.gradient_accumulation"},
            {"learning_rate", "optimizer.learning_rate"},
            {"weight_decay", "optimizer.weight_decay"},
            {"max_grad_norm", "optimizer.max_grad_norm"},
            {"adam_beta1", "optimizer.beta1"},
            {"adam_beta2", "optimizer.beta2"},
            {"adam_epsilon", "optimizer.epsilon"},
            {"optim", "optimizer.kind", readOptimizer, writeOptimizer},
            {"lr_scheduler_type", "schedule.kind", readSchedule, writeSchedule},
            {"warmup_ratio", "schedule.warmup_ratio"},
            {"num_train_epochs", "run.epochs"},
            {"max_steps", "run.max_steps", [](const Json& v, const Source&) { return numberOf(v, -1) > 0 ? set("run.max_steps", textOf(v)) : usual(); },
             [](const RunConfig& c) { return only(c.run.maxSteps > 0, c.run.maxSteps); }},
            {"seed", "run.seed"},
            {"bf16", "model.dtype", [](const Json& v, const Source&) { return set("model.dtype", isTrue(v) ? "bf16" : "fp32"); },
             [](const RunConfig& c) { return only(c.model.dtype != "auto", c.model.dtype == "bf16"); }},
            {"pure_bf16", "", [](const Json& v, const Source&) { return isTrue(v) ? set("model.dtype", "bf16") : usual(); }, nullptr, true, false},
            {"fp16", "", [](const Json& v, const Source&) { return isTrue(v) ? lost("training in fp16 is not done here; bf16 or fp32") : usual(); }, nullptr, true, false},
            {"disable_gradient_checkpointing", "run.activation_checkpointing", [](const Json& v, const Source&) { return set("run.activation_checkpointing", isTrue(v) ? "false" : "true"); },
             [](const RunConfig& c) { return std::optional<Json>(!c.run.activationCheckpointing); }},
            {"eval_steps", "run.eval_every", [](const Json& v, const Source&) { return numberOf(v, 0) >= 1 ? set("run.eval_every", textOf(v)) : usual(); },
             [](const RunConfig& c) { return only(c.run.evalEvery > 0, c.run.evalEvery); }},
            {"save_steps", "run.checkpoint_every", [](const Json& v, const Source&) { return numberOf(v, 0) >= 1 ? set("run.checkpoint_every", textOf(v)) : usual(); },
             [](const RunConfig& c) { return only(c.run.checkpointEvery > 0, c.run.checkpointEvery); }},
            {"save_total_limit", "run.keep_checkpoints"},
            {"neftune_noise_alpha", "run.neftune_alpha", nullptr,
             [](const RunConfig& c) { return only(valueAs<double>(c, "run.neftune_alpha") > 0, valueAs<double>(c, "run.neftune_alpha")); }},
            {"run_name", "run.name", nullptr, [](const RunConfig& c) { return only(!c.run.name.empty(), c.run.name); }},
            {"output_dir", "", readHere, [](const RunConfig& c) { return std::optional<Json>(c.run.name.empty() ? "result" : c.run.name); }},
            {"logging_steps", "", readHere, nullptr, true, false},
            {"plot_loss", "", readHere, nullptr, true, false},
            {"overwrite_output_dir", "", readHere, nullptr, true, false},
            {"overwrite_cache", "", readHere, nullptr, true, false},
            {"preprocessing_num_workers", "", readHere, nullptr, true, false},
            {"dataloader_num_workers", "", readHere, nullptr, true, false},
            {"save_only_model", "", readHere, nullptr, true, false},
            {"report_to", "", readHere, nullptr, true, false},
            {"ddp_timeout", "", readHere, nullptr, true, false},
            {"resume_from_checkpoint", "", [](const Json& v, const Source&) { return v.is_null() ? usual() : lost("luthier resume goes on with a run of its own"); }, nullptr, true, false},
            {"trust_remote_code", "", readHere, nullptr, true, false},
            {"eval_strategy", "", readHere, nullptr, true, false},
            {"per_device_eval_batch_size", "", readHere, nullptr, true, false},
            {"flash_attn", "", readHere, nullptr, true, false},
        },
        {"finetuning_type", "cutoff_len", "lora_target", "stage", "dataset_dir"},
        {},
        {{"method.kind", "lora"}, {"method.rank", "8"}, {"method.alpha", "16"}, {"method.dropout", "0"}, {"method.target_modules", "all-linear"}, {"optimizer.weight_decay", "0"},
         {"schedule.warmup_ratio", "0"}, {"run.batch_size", "8"}, {"run.gradient_accumulation", "1"}, {"run.activation_checkpointing", "true"}, {"optimizer.learning_rate", "5e-05"},
         {"data.max_length", "2048"}},
        "# llamafactory-cli train THIS_FILE"};
    return rows;
}

} // namespace luthier::recipes
