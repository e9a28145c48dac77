// SPDX-License-Identifier: GPL-3.0-or-later
// TRL: the arguments of its scripts in one file, as `trl sft --config FILE` takes them.
#include "core/recipes/foreign_rows.h"

namespace luthier::recipes {

namespace {

using config::RunConfig;

// Whether the file is one of trl grpo: which script it is for does not stand in it.
bool isGrpo(const Source& source)
{
    return source.file.contains("num_generations") || source.file.contains("reward_funcs") || source.file.contains("reward_model_name_or_path");
}

// Of what says first that it is.
Reading grpo(const Source& source, const char* because)
{
    Reading reading = set("objective.kind", "grpo");
    if (!source.file.contains("max_completion_length")) {
        reading.settings.emplace_back("objective.max_new", "256"); // there
    }
    reading.notes.push_back("objective.kind: grpo, because the file has " + std::string(because) + "; say --set objective.kind=rloo for TRL's RLOO. run.batch_size counts prompts here, and their answers there.");
    return reading;
}

Reading readGenerations(const Json& value, const Source& source)
{
    Reading reading = grpo(source, "num_generations");
    reading.settings.emplace_back("objective.group", textOf(value));
    return reading;
}

Reading readRewards(const Json&, const Source& source)
{
    Reading reading = source.file.contains("num_generations") ? Reading() : grpo(source, "reward_funcs");
    reading.why = "rewards are rules here (objective.rewards; luthier rewards list), or a reward model (objective.reward_model)";
    return reading;
}

Reading readLossOfGrpo(const std::string& loss)
{
    return loss == "dapo" || loss == "dr_grpo" || loss == "grpo" ? set("objective.normaliser", loss) : lost("there is no such loss here");
}

Reading readScale(const Json& value, const Source&)
{
    const std::string scale = value.is_boolean() ? isTrue(value) ? "group" : "none" : textOf(value);
    return set("objective.scale_rewards", scale);
}

Reading readOneLoss(const std::string& loss, const Source& source)
{
    if (isGrpo(source)) {
        return readLossOfGrpo(loss);
    }
    if (loss == "nll" || loss == "chunked_nll" || loss == "dft") {
        return loss == "dft" ? lost("there is no such loss here") : usual();
    }
    if (loss == "sigmoid" || loss == "ipo" || loss == "hinge" || loss == "robust") {
        return {{{"objective.kind", "dpo"}, {"objective.loss", loss}}, {}, {"objective.kind: dpo, because of loss_type."}};
    }
    if (loss == "kto") {
        return {{{"objective.kind", "kto"}}, {}, {"objective.kind: kto, because of loss_type."}};
    }
    return lost("there is no such loss here");
}

// One loss, or a list of losses that are added up.
Reading readLoss(const Json& value, const Source& source)
{
    const bool isList = value.is_array() && !value.empty();
    Reading reading = readOneLoss(textOf(isList ? value.front() : value), source);
    if (isList && value.size() > 1 && reading.why.empty()) {
        reading.why = "one loss at a time here, and the first was taken";
    }
    return reading;
}

Reading readBeta(const Json& value, const Source& source)
{
    if (isGrpo(source)) {
        return set("objective.kl_in_loss", textOf(value));
    }
    Reading reading = set("objective.beta", textOf(value));
    if (!source.file.contains("loss_type")) {
        reading.settings.insert(reading.settings.begin(), {"objective.kind", "dpo"});
        reading.notes.push_back("objective.kind: dpo, because the file has beta; say --set objective.kind=... for another of TRL's trainers.");
    }
    return reading;
}

Reading readPeft(const Json& value, const Source&)
{
    return set("method.kind", isTrue(value) ? "lora" : "full"); // load_in_4bit follows
}

Reading readEval(const Json& value, const Source&)
{
    const std::string strategy = textOf(value);
    return strategy == "no" ? set("data.held_out_share", "0") : usual();
}

Reading readPacking(const Json& value, const Source&)
{
    return isTrue(value) ? set("data.padding", "packed") : usual();
}

Reading readAnswers(const Json& value, const Source&)
{
    return set("data.train_on", isTrue(value) ? "answers" : "all");
}

Reading readBf16(const Json& value, const Source&)
{
    return set("model.dtype", isTrue(value) ? "bf16" : "fp32");
}

Reading readFp16(const Json& value, const Source&)
{
    return isTrue(value) ? lost("training in fp16 is not done here; bf16 or fp32") : usual();
}

Reading readDtype(const Json& value, const Source&)
{
    const std::string type = textOf(value);
    return type == "bfloat16" ? set("model.dtype", "bf16") : type == "float32" ? set("model.dtype", "fp32") : type == "auto" ? usual() : lost("fp32 and bf16 are trained in here");
}

Reading readEight(const Json& value, const Source&)
{
    return isTrue(value) ? lost("bases are held in 4 bits (nf4, fp4) or as they are") : usual();
}

Reading readData(const Json& value, const Source& source)
{
    return readDataFile(textOf(value), source);
}

Reading readMaxSteps(const Json& value, const Source&)
{
    return numberOf(value, -1) > 0 ? set("run.max_steps", textOf(value)) : usual();
}

Reading readSteps(const Json& value, const Source&)
{
    return numberOf(value, 0) >= 1 ? set("run.eval_every", textOf(value)) : lost("a share of the run; steps are counted here");
}

std::optional<Json> only(bool when, Json value)
{
    return when ? std::optional<Json>(std::move(value)) : std::nullopt;
}

bool isGrpo(const RunConfig& config)
{
    return config.objective.kind == "grpo";
}

} // namespace

const ProgramRows& trlRows()
{
    static const ProgramRows rows{
        {"trl", "TRL", "config.yaml", true},
        {
            {"model_name_or_path", "model.path", readModel, writeModel},
            {"dtype", "model.dtype", readDtype, [](const RunConfig& c) { return only(c.model.dtype == "bf16" || c.model.dtype == "fp32", c.model.dtype == "bf16" ? "bfloat16" : "float32"); }},
            {"torch_dtype", "", readDtype, nullptr, true, false},
            {"bf16", "model.dtype", readBf16, [](const RunConfig& c) { return only(c.model.dtype == "bf16", true); }},
            {"fp16", "", readFp16, nullptr, true, false},
            {"dataset_name", "data.train", readData, [](const RunConfig& c) { return only(!c.data.train.empty(), c.data.train.empty() ? "" : c.data.train.front()); }},
            {"dataset_path", "", readData, nullptr, true, false},
            {"use_peft", "method.kind", readPeft, [](const RunConfig& c) { return std::optional<Json>(isLora(c)); }},
            {"load_in_4bit", "model.quantization", readFour, [](const RunConfig& c) { return only(c.method.kind == "qlora", true); }},
            {"load_in_8bit", "", readEight, nullptr, true, false},
            {"bnb_4bit_quant_type", "", [](const Json& v, const Source& s) { return s.file.contains("load_in_4bit") ? set("model.quantization", textOf(v)) : usual(); },
             [](const RunConfig& c) { return only(c.method.kind == "qlora", c.model.quantization == "fp4" ? "fp4" : "nf4"); }},
            {"use_bnb_nested_quant", "model.double_quantization", nullptr, [](const RunConfig& c) { return only(c.method.kind == "qlora", c.model.doubleQuantization); }},
            {"lora_r", "method.rank", nullptr, [](const RunConfig& c) { return only(isLora(c), valueAs<std::int64_t>(c, "method.rank")); }},
            {"lora_alpha", "method.alpha", nullptr, [](const RunConfig& c) { return only(isLora(c), static_cast<std::int64_t>(valueAs<double>(c, "method.alpha"))); }},
            {"lora_dropout", "method.dropout", nullptr, [](const RunConfig& c) { return only(isLora(c), valueAs<double>(c, "method.dropout")); }},
            {"lora_target_modules", "method.target_modules", readTargets,
             [](const RunConfig& c) { return only(isLora(c), fields::toJson(valueOf(c, "method.target_modules"))); }},
            {"lora_modules_to_save", "method.modules_to_save", nullptr,
             [](const RunConfig& c) { return only(isLora(c) && !valueAs<std::vector<std::string>>(c, "method.modules_to_save").empty(), fields::toJson(valueOf(c, "method.modules_to_save"))); }},
            {"use_rslora", "method.use_rslora", nullptr, [](const RunConfig& c) { return only(isLora(c), valueAs<bool>(c, "method.use_rslora")); }},
            {"use_dora", "method.use_dora", nullptr, [](const RunConfig& c) { return only(isLora(c), valueAs<bool>(c, "method.use_dora")); }},
            {"lora_task_type", "", readHere, nullptr, true, false},
            {"max_length", "data.max_length"},
            {"max_seq_length", "data.max_length", nullptr, nullptr, true, false},
            {"packing", "data.padding", readPacking, [](const RunConfig& c) { return only(c.objective.kind == "sft" || c.objective.kind == "pretrain", c.data.padding == "packed"); }},
            {"assistant_only_loss", "data.train_on", readAnswers, [](const RunConfig& c) { return only(c.objective.kind == "sft", c.data.trainOn == "answers"); }},
            {"completion_only_loss", "", readAnswers, nullptr, true, false},
            {"learning_rate", "optimizer.learning_rate"},
            {"weight_decay", "optimizer.weight_decay"},
            {"max_grad_norm", "optimizer.max_grad_norm"},
            {"adam_beta1", "optimizer.beta1"},
            {"adam_beta2", "optimizer.beta2"},
            {"adam_epsilon", "optimizer.epsilon"},
            {"optim", "optimizer.kind", readOptimizer, writeOptimizer},
            {"lr_scheduler_type", "schedule.kind", readSchedule, writeSchedule},
            {"warmup_ratio", "schedule.warmup_ratio", nullptr, nullptr, true, false}, // until transformers 5, which takes shares as warmup_steps
            {"warmup_steps", "schedule.warmup_ratio", [](const Json& v, const Source&) { return numberOf(v, 0) == 0 ? usual() : numberOf(v, 0) < 1 ? set("schedule.warmup_ratio", textOf(v)) : lost("warm-up is a share of the run here: schedule.warmup_ratio"); }},
            {"num_train_epochs", "run.epochs"},
            {"max_steps", "run.max_steps", readMaxSteps, [](const RunConfig& c) { return only(c.run.maxSteps > 0, c.run.maxSteps); }},
            {"per_device_train_batch_size", "run.batch_size"},
            {"gradient_accumulation_steps", "run.gradient_accumulation"},
            {"gradient_checkpointing", "run.activation_checkpointing"},
            {"seed", "run.seed"},
            {"eval_strategy", "", readEval, [](const RunConfig& c) { return std::optional<Json>(c.data.heldOutShare > 0 || !c.data.heldOut.empty() ? "steps" : "no"); }},
            {"eval_steps", "run.eval_every", readSteps, [](const RunConfig& c) { return only(c.run.evalEvery > 0, c.run.evalEvery); }},
            {"save_steps", "run.checkpoint_every", [](const Json& v, const Source&) { return numberOf(v, 0) >= 1 ? set("run.checkpoint_every", textOf(v)) : usual(); },
             [](const RunConfig& c) { return only(c.run.checkpointEvery > 0, c.run.checkpointEvery); }},
            {"save_total_limit", "run.keep_checkpoints", nullptr, [](const RunConfig& c) { return std::optional<Json>(c.run.keepCheckpoints); }},
            {"neftune_noise_alpha", "run.neftune_alpha", nullptr,
             [](const RunConfig& c) { return only(valueAs<double>(c, "run.neftune_alpha") > 0, valueAs<double>(c, "run.neftune_alpha")); }},
            {"label_smoothing_factor", "run.label_smoothing_factor", nullptr,
             [](const RunConfig& c) { return only(valueAs<double>(c, "run.label_smoothing_factor") > 0, valueAs<double>(c, "run.label_smoothing_factor")); }},
            {"num_generations", "objective.group", readGenerations, [](const RunConfig& c) { return only(isGrpo(c), valueAs<std::int64_t>(c, "objective.group")); }},
            {"reward_funcs", "", readRewards, nullptr, true, false},
            {"reward_model_name_or_path", "", readRewards, nullptr, true, false},
            {"max_completion_length", "objective.max_new", nullptr, [](const RunConfig& c) { return only(isGrpo(c), valueAs<std::int64_t>(c, "objective.max_new")); }},
            {"temperature", "objective.temperature", nullptr, [](const RunConfig& c) { return only(isGrpo(c), valueAs<double>(c, "objective.temperature")); }},
            {"num_iterations", "objective.iterations", nullptr, [](const RunConfig& c) { return only(isGrpo(c), valueAs<std::int64_t>(c, "objective.iterations")); }},
            {"epsilon", "objective.clip", nullptr, [](const RunConfig& c) { return only(isGrpo(c), valueAs<double>(c, "objective.clip")); }},
            {"epsilon_high", "objective.clip_high", nullptr, [](const RunConfig& c) { return only(isGrpo(c) && valueAs<double>(c, "objective.clip_high") > 0, valueAs<double>(c, "objective.clip_high")); }},
            {"scale_rewards", "objective.scale_rewards", readScale, [](const RunConfig& c) { return only(isGrpo(c), valueAs<std::string>(c, "objective.scale_rewards")); }},
            {"loss_type", "objective.loss", readLoss, [](const RunConfig& c) { return isGrpo(c) ? std::optional<Json>(valueAs<std::string>(c, "objective.normaliser")) : only(c.objective.kind == "dpo", valueAs<std::string>(c, "objective.loss")); }},
            {"beta", "objective.beta", readBeta, [](const RunConfig& c) { return isGrpo(c) ? std::optional<Json>(valueAs<double>(c, "objective.kl_in_loss")) : only(isPairs(c) && valueAs<double>(c, "objective.beta") > 0, valueAs<double>(c, "objective.beta")); }},
            {"label_smoothing", "objective.label_smoothing", nullptr, [](const RunConfig& c) { return only(c.objective.kind == "dpo", valueAs<double>(c, "objective.label_smoothing")); }},
            {"desirable_weight", "objective.desirable_weight", nullptr, [](const RunConfig& c) { return only(c.objective.kind == "kto", valueAs<double>(c, "objective.desirable_weight")); }},
            {"undesirable_weight", "objective.undesirable_weight", nullptr, [](const RunConfig& c) { return only(c.objective.kind == "kto", valueAs<double>(c, "objective.undesirable_weight")); }},
            {"run_name", "run.name", nullptr, [](const RunConfig& c) { return only(!c.run.name.empty(), c.run.name); }},
            {"output_dir", "", readHere, [](const RunConfig& c) { return std::optional<Json>(c.run.name.empty() ? "result" : c.run.name); }},
            {"logging_steps", "", readHere, nullptr, true, false},
            {"logging_strategy", "", readHere, nullptr, true, false},
            {"save_strategy", "", readHere, nullptr, true, false},
            {"report_to", "", readHere, nullptr, true, false},
            {"push_to_hub", "", readHere, nullptr, true, false},
            {"attn_implementation", "", readHere, nullptr, true, false},
            {"per_device_eval_batch_size", "", readHere, nullptr, true, false},
            {"dataset_train_split", "", readHere, nullptr, true, false},
            {"dataset_test_split", "", readHere, nullptr, true, false},
        },
        {"use_peft", "lora_r", "dataset_name", "completion_only_loss", "assistant_only_loss", "num_generations", "reward_funcs"},
        {"objective.kind", "objective.normaliser", "objective.kl_in_loss"},
        {{"method.kind", "full"}, {"optimizer.weight_decay", "0"}, {"schedule.warmup_ratio", "0"}, {"run.batch_size", "8"}, {"run.gradient_accumulation", "1"},
         {"data.held_out_share", "0.1"}},
        "# trl {objective} --config THIS_FILE"};
    return rows;
}

} // namespace luthier::recipes
