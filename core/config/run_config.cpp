// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/run_config.h"

#include "core/base/files.h"
#include "core/config/named_paths.h"
#include "core/objectives/objectives.h"
#include "core/optim/optimizers.h"
#include "core/optim/schedules.h"

#include <algorithm>
#include <array>
#include <utility>

namespace luthier::config {

using fields::Field;
using fields::field;
using fields::nearest;
using fields::Record;
using fields::toText;

namespace {

constexpr std::int64_t kVersion = 1;

template <auto Member>
void* partOf(RunConfig& config)
{
    return &(config.*Member);
}

std::vector<Field> modelFields()
{
    return {
        field<&ModelSettings::path>("path", "Base model", "Folder of the model to start from: config.json, safetensors weights and a tokenizer."),
        field<&ModelSettings::adapter>("adapter", "Start from", "An adapter, or a run, whose training goes on, with its method and settings. Empty: from the base alone."),
        field<&ModelSettings::adapterMerge>("adapter_merge", "Fold it in first", "Folds that adapter into the base and trains on the merged model, by any method. Usually off.", {}, {.advanced = true}),
        field<&ModelSettings::chatTemplate>("chat_template", "Chat template", "How conversations are written for the model. Usually its folder's own; a base model without one needs a choice.", {},
            {.choices = {{"folder", "The model's own"}, {"chatml", "ChatML"}, {"llama3", "Llama 3"}, {"gemma", "Gemma"}, {"plain", "Plain names"}}, .advanced = true}),
        field<&ModelSettings::templateTime>("template_time", "Template date", "The time that a template with a date in it writes, as 2024-07-26T13:05:09. Empty: that of the start, which a resumed run keeps.", {}, {.advanced = true}),
        field<&ModelSettings::fromScratch>("from_scratch", "Start from random weights", "Ignores the folder's weights and pretrains from its config.json. Usually off.", {}, {.advanced = true}),
        field<&ModelSettings::device>("device", "Device", "Where to compute: auto takes the first NVIDIA GPU, else the CPU. Also cpu, cuda, cuda:1.", {}, {.advanced = true}),
        field<&ModelSettings::dtype>("dtype", "Precision", "Number format of weights and activations. Auto: bf16 where the device is good at it, else fp32.", {},
            {.choices = {{"auto", "Automatic"}, {"fp32", "fp32"}, {"bf16", "bf16"}, {"fp16", "fp16, not for training", false}}, .advanced = true}),
        field<&ModelSettings::quantization>("quantization", "Quantise", "Holds the frozen weights in 4 bits: a quarter of bf16's memory. Automatic: NF4 for QLoRA, else as the folder stores them.", {},
            {.choices = {{"auto", "Automatic"}, {"none", "As stored"}, {"nf4", "NF4"}, {"fp4", "FP4"}}, .advanced = true}),
        field<&ModelSettings::doubleQuantization>("double_quantization", "Double quantisation", "Quantises the constants of the 4-bit blocks, too: 0.37 bit a weight less. Usually on.", {}, {.advanced = true}),
        field<&ModelSettings::frozenDtype>("frozen_dtype", "Frozen weights", "What the frozen projections multiply in. FP8 is 1.2 (1B) to 1.4 times (8B) as fast on cards that have it, and each product comes out 4 % of its size apart: a trial's held-out loss was 0.3 % higher, and its gradients' cosine with those of bf16 was 0.993. Automatic: as the precision says.", {},
            {.choices = {{"auto", "Automatic"}, {"bf16", "bf16"}, {"fp8", "FP8"}}, .advanced = true}),
    };
}

std::vector<Field> dataFields()
{
    return {
        field<&DataSettings::train>("train", "Training data", "Files with the examples to learn from: JSON, JSONL, CSV or text, also packed, or folders of texts."),
        field<&DataSettings::heldOut>("held_out", "Held-out data", "Files that are never trained on and measure progress. Empty: a share is split off.", {}, {.advanced = true}),
        field<&DataSettings::heldOutShare>("held_out_share", "Held-out share", "Part of the rows kept aside to measure progress. 0 to 0.5, usually 0.1.", {.low = 0, .high = 0.5}),
        field<&DataSettings::format>("format", "Format", "Shape of the rows: auto looks at the first rows. Also instruction, chat, completion, preference, text.", {}, {.advanced = true}),
        field<&DataSettings::columns>("columns", "Columns", "What the files call a field of the format, as prompt=question. Empty: they use its names.", {}, {.advanced = true}),
        field<&DataSettings::maxLength>("max_length", "Longest example", "Examples are cut after this many tokens. 8 to 1048576, usually 1024.", {.low = 8, .high = 1048576}, {.unit = "tokens"}),
        field<&DataSettings::trainOn>("train_on", "Learn from", "Which tokens count in the loss: the answers (usual), or all text.", {},
            {.choices = {{"answers", "Answers only"}, {"all", "All text"}}}),
        field<&DataSettings::stratifyBy>("stratify_by", "Hold out by", "A field of the rows: every value of it gives its share of held-out rows. Empty: all rows alike.", {}, {.advanced = true}),
        field<&DataSettings::shuffle>("shuffle", "Shuffle", "A new order in each epoch. Off: file order. Usually on.", {}, {.advanced = true}),
        field<&DataSettings::padding>("padding", "Batching", "How rows share a batch: rows of like length together (usual), padded to the longest, or packed.", {},
            {.choices = {{"length_buckets", "Like lengths together"}, {"longest", "Pad to the longest"}, {"packed", "Packed"}}, .advanced = true}),
        field<&DataSettings::limit>("limit", "Use at most", "Only the first so many good rows. 0: all.", {.low = 0, .high = 1e12}, {.advanced = true, .unit = "rows"}),
        field<&DataSettings::unread>("unread", "Unread fields", "What to do about filled fields of the rows that leave no trace in what is learned. Usually they are said before the run.", {},
            {.choices = {{"say", "Say them"}, {"refuse", "Do not begin"}, {"ignore", "Say nothing"}}, .advanced = true}),
        field<&DataSettings::brokenShare>("broken_share", "Broken rows at most", "Part of a file's rows that may give no example; with more the run does not begin. 0 to 1, usually 0.5; 1: however many.", {.low = 0, .high = 1}, {.advanced = true}),
        field<&DataSettings::systemTurns>("system_turns", "System turns", "Where the words of the system go: as the chat template writes them (usual), or before the question that follows, for templates that take no system.", {},
            {.choices = {{"template", "As the template has them"}, {"first_question", "Before the first question"}}, .advanced = true}),
        field<&DataSettings::order>("order", "Order", "In which order rows are learned from: shuffled, or as they lie, as Shuffle says (usual); the short ones first, the long ones, or by a number in the rows.", {},
            {.choices = {{"usual", "As Shuffle says"}, {"shortest", "Short rows first"}, {"longest", "Long rows first"}, {"field", "By a field"}}, .advanced = true}),
        field<&DataSettings::orderBy>("order_by", "Ordered by", "The field whose number orders the rows, lowest first, such as a difficulty. Usually empty.", {}, {.advanced = true}),
        field<&DataSettings::general>("general", "General data", "Files with what the model should not forget. Measured before, during and after the run beside the held-out rows. Usually empty.", {}, {.advanced = true}),
        field<&DataSettings::generalShare>("general_share", "General rows mixed in", "So many rows of the general data are learned from as well, as a part of the training rows; a tenth of them is kept to measure. 0: none (usual); 0.05 to 0.2 against forgetting.", {.low = 0, .high = 10}, {.advanced = true}),
        field<&DataSettings::weightBy>("weight_by", "Weight field", "The field with each row's weight in the loss: 2 counts as the row twice, 0 as not at all. Empty: all alike (usual).", {}, {.advanced = true}),
    };
}

// What a part with a table consists of: the choice among the rows, its own fields, and the rows'.
template <class Rows>
std::vector<Field> withRows(Field kind, std::vector<Field> own, const Rows& rows)
{
    std::vector<Field> all{std::move(kind)};
    all.insert(all.end(), own.begin(), own.end());
    const auto ofRows = fields::fieldsOf(rows);
    all.insert(all.end(), ofRows.begin(), ofRows.end());
    return all;
}

std::vector<Field> methodFields()
{
    return withRows(field<&peft::MethodSettings::kind>("kind", "Method", "What is trained: a small LoRA adapter (usual), another kind of adapter, or all weights.", {},
            {.choices = fields::choicesOf(peft::methods())}),
        {}, peft::methods());
}

std::vector<Field> objectiveFields()
{
    return withRows(field<&objectives::ObjectiveSettings::kind>("kind", "Objective", "What is learned: the answers (usual), or something else.", {},
            {.choices = fields::choicesOf(objectives::objectives())}),
        {}, objectives::objectives());
}

std::vector<Field> optimizerFields()
{
    return withRows(field<&optim::OptimizerSettings::kind>("kind", "Optimizer", "How gradients change the weights. Usually AdamW, which decays weights apart from the steps.", {},
            {.choices = fields::choicesOf(optim::optimizers()), .advanced = true}),
        optim::optimizerFields(), optim::optimizers());
}

std::vector<Field> scheduleFields()
{
    return withRows(field<&ScheduleSettings::kind>("kind", "Schedule", "How the learning rate moves after the warm-up.", {},
            {.choices = fields::choicesOf(optim::schedules())}),
        optim::scheduleFields(), optim::schedules());
}

std::vector<Field> runFields()
{
    return {
        field<&RunSettings::name>("name", "Name", "What the run is called in the list. Empty: made from method and data."),
        field<&RunSettings::epochs>("epochs", "Epochs", "How often every example is seen. Above 0 to 10000, usually 1 to 5.", {.low = 0, .high = 10000, .lowOpen = true}),
        field<&RunSettings::maxSteps>("max_steps", "Stop after", "Optimizer steps at most. 0: the epochs decide.", {.low = 0, .high = 1e12}, {.advanced = true, .unit = "steps"}),
        field<&RunSettings::batchSize>("batch_size", "Batch size", "Examples computed at once. 1 to 65536, as large as memory allows; usually 4.", {.low = 1, .high = 65536}),
        field<&RunSettings::gradientAccumulation>("gradient_accumulation", "Accumulation", "Batches added up before each step: batch 4 times accumulation 4 acts as 16. 1 to 65536, usually 4.", {.low = 1, .high = 65536}),
        field<&RunSettings::seed>("seed", "Seed", "Same seed, same data order, dropout and split. Usually 42.", {.low = 0, .high = 9e15}),
        field<&RunSettings::evalEvery>("eval_every", "Evaluate every", "Optimizer steps between held-out evaluations. 0: about ten times a run.", {.low = 0, .high = 1e12}, {.advanced = true, .unit = "steps"}),
        field<&RunSettings::evalShare>("eval_share", "Evaluations' share", "How much of the time evaluations and probes may take where their number is automatic; those beyond it are left out. Above 0 to 1, usually 0.1.", {.low = 0, .high = 1, .lowOpen = true}, {.advanced = true}),
        field<&RunSettings::checkpointEvery>("checkpoint_every", "Checkpoint every", "Optimizer steps between checkpoints; a kill loses at most so many. 0: about five times a run.", {.low = 0, .high = 1e12}, {.advanced = true, .unit = "steps"}),
        field<&RunSettings::keepCheckpoints>("keep_checkpoints", "Keep checkpoints", "How many of the newest stay on disk. 1 to 1000, usually 2.", {.low = 1, .high = 1000}, {.advanced = true}),
        field<&RunSettings::rowLosses>("row_losses", "Loss of each row", "Measure every training row before the first step and after the last; takes two more passes over the data. Usually off.", {}, {.advanced = true}),
        field<&RunSettings::probePrompts>("probe_prompts", "Probe prompts", "Prompts answered at every evaluation, to see the change in words.", {}, {.advanced = true}),
        field<&RunSettings::probeTokens>("probe_tokens", "Probe length", "Longest probe answer. 1 to 4096, usually 64.", {.low = 1, .high = 4096}, {.advanced = true, .unit = "tokens"}),
        field<&RunSettings::activationCheckpointing>("activation_checkpointing", "Activation checkpointing", "Computes each layer a second time instead of keeping what it computed: much less memory, about a third slower. Usually off.", {}, {.advanced = true}),
        field<&RunSettings::checkpointedLayers>("checkpointed_layers", "Layers computed twice", "With activation checkpointing, so many of the first layers alone: each saves memory and costs time. 0: all (usual).", {.low = 0, .high = 65536}, {.advanced = true, .unit = "layers"}),
        field<&RunSettings::patience>("patience", "Patience", "The run ends after so many evaluations in a row without a better held-out loss. 0: it goes on to its end (usual); 3 is common.", {.low = 0, .high = 1e6}, {.advanced = true, .unit = "evaluations"}),
        field<&RunSettings::leastChange>("least_change", "Least change", "How much lower the held-out loss must be to count as better. Usually 0.", {.low = 0, .high = 100}, {.advanced = true}),
        field<&RunSettings::keep>("keep", "Result", "Which weights are the result: those of the last step (usual), or those with the lowest held-out loss.", {},
            {.choices = {{"last", "The last step's"}, {"best", "The best step's"}}}),
        field<&RunSettings::neftuneAlpha>("neftune_alpha", "Embedding noise", "NEFTune: noise on the embeddings while training, against learning by heart. 0: none (usual); 5 to 15 is common.", {.low = 0, .high = 1000}, {.advanced = true}),
        field<&RunSettings::labelSmoothing>("label_smoothing_factor", "Label smoothing", "Share of each target's weight that all tokens of the vocabulary share. 0: none (usual); 0.1 is common.", {.low = 0, .high = 0.99}, {.advanced = true}),
        field<&RunSettings::shard>("shard", "Split over ranks", "With several ranks: whether each holds a part of the frozen base and reads the rest layer by layer from the others, or, where all weights train, a part of what the optimizer holds. Automatic: of a base only where a card has no room for all of it, since whole copies are faster; of an optimizer wherever a large model trains.", {},
            {.choices = {{"auto", "Where it helps"}, {"always", "Always"}, {"never", "Never"}}, .advanced = true}),
        field<&RunSettings::threads>("threads", "Threads", "CPU threads. 0: one for each physical core.", {.low = 0, .high = 4096}, {.advanced = true}),
    };
}

std::vector<std::string> allKeys(bool withPart)
{
    std::vector<std::string> keys;
    for (const Part& part : parts()) {
        for (const Field& field : part.fields) {
            keys.push_back(withPart ? part.key + "." + field.key : field.key);
        }
    }
    return keys;
}

} // namespace

std::span<const Part> parts()
{
    static const std::array<Part, 7> table{{
        {"model", "Model", modelFields(), &partOf<&RunConfig::model>},
        {"data", "Data", dataFields(), &partOf<&RunConfig::data>},
        {"method", "Method", methodFields(), &partOf<&RunConfig::method>, fields::rowsOf(peft::methods())},
        {"objective", "Objective", objectiveFields(), &partOf<&RunConfig::objective>, fields::rowsOf(objectives::objectives())},
        {"optimizer", "Optimizer", optimizerFields(), &partOf<&RunConfig::optimizer>, fields::rowsOf(optim::optimizers())},
        {"schedule", "Schedule", scheduleFields(), &partOf<&RunConfig::schedule>, fields::rowsOf(optim::schedules())},
        {"run", "Run", runFields(), &partOf<&RunConfig::run>},
    }};
    return table;
}

const Part* findPart(std::string_view key)
{
    const auto all = parts();
    const auto part = std::find_if(all.begin(), all.end(), [&](const Part& one) { return one.key == key; });
    return part == all.end() ? nullptr : &*part;
}

std::optional<Setting> findSetting(std::string_view key)
{
    const auto dot = key.find('.');
    const Part* part = dot == std::string_view::npos ? nullptr : findPart(key.substr(0, dot));
    if (!part) {
        return std::nullopt;
    }
    const auto field = std::find_if(part->fields.begin(), part->fields.end(), [&](const Field& one) { return one.key == key.substr(dot + 1); });
    return field == part->fields.end() ? std::nullopt : std::optional(Setting{part, &*field});
}

Record recordOf(RunConfig& config, const Part& part)
{
    return {part.object(config), part.fields};
}

const fields::Row* chosenRow(const RunConfig& config, const Part& part)
{
    if (part.rows.empty()) {
        return nullptr;
    }
    RunConfig copy = config;
    const Record record = recordOf(copy, part);
    const auto kind = std::get<std::string>(record.get(*record.find("kind")));
    const auto row = std::find_if(part.rows.begin(), part.rows.end(), [&](const fields::Row* r) { return r->id == kind; });
    return row == part.rows.end() ? nullptr : *row;
}

bool applies(const RunConfig& config, const Part& part, const Field& field)
{
    const bool isRows = std::any_of(part.rows.begin(), part.rows.end(), [&](const fields::Row* r) { return r->has(field.key); });
    const fields::Row* chosen = isRows ? chosenRow(config, part) : nullptr;
    return !isRows || (chosen && chosen->has(field.key));
}

Json toJson(const RunConfig& config)
{
    RunConfig copy = config;
    Json recipe = {{"version", kVersion}};
    for (const Part& part : parts()) {
        recipe[part.key] = recordOf(copy, part).toJson();
    }
    return recipe;
}

Result<RunConfig> fromJson(const Json& recipe)
{
    if (!recipe.is_object()) {
        return Error{"a recipe is one JSON object with the parts model, data, method, ..."};
    }
    RunConfig config;
    for (const auto& [key, value] : recipe.items()) {
        if (key == "version") {
            if (!value.is_number_integer() || value.get<std::int64_t>() > kVersion) {
                return Error{"version: this recipe was written by a newer Luthier; update, or set version to 1"};
            }
            continue;
        }
        const Part* part = findPart(key);
        if (!part) {
            std::vector<std::string> known;
            for (const Part& candidate : parts()) {
                known.push_back(candidate.key);
            }
            return Error{"unknown part \"" + key + "\"; did you mean \"" + nearest(key, known) + "\"?"};
        }
        if (auto done = recordOf(config, *part).fromJson(value); !done) {
            return Error{key + ": " + done.message()};
        }
    }
    return config;
}

Result<Setting> settingNamed(std::string_view key)
{
    if (const auto whole = findSetting(key)) {
        return *whole;
    }
    std::optional<Setting> found;
    for (const Part& part : parts()) {
        for (const Field& field : part.fields) {
            if (field.key == key && found) {
                return Error{"setting \"" + std::string(key) + "\" stands in several parts; write " + found->part->key + "."
                             + field.key + " or " + part.key + "." + field.key};
            }
            found = field.key == key ? std::optional(Setting{&part, &field}) : found;
        }
    }
    if (!found) {
        const auto known = allKeys(key.find('.') != std::string_view::npos);
        return Error{"unknown setting \"" + std::string(key) + "\"; did you mean \"" + nearest(key, known) + "\"?"};
    }
    return *found;
}

Result<void> setByKey(RunConfig& config, std::string_view key, std::string_view text)
{
    const auto setting = settingNamed(key);
    return setting ? recordOf(config, *setting->part).setFromText(*setting->field, text) : Result<void>(setting.error());
}

Result<RunConfig> readRecipe(const std::filesystem::path& path)
{
    auto json = base::readJson(path);
    if (!json) {
        return json.error();
    }
    auto config = fromJson(*json);
    if (!config) {
        return Error{path.string() + ": " + config.message()};
    }
    makePathsAbsolute(*config, path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
    return config;
}

std::vector<Difference> difference(const RunConfig& left, const RunConfig& right)
{
    RunConfig a = left;
    RunConfig b = right;
    std::vector<Difference> rows;
    for (const Part& part : parts()) {
        for (const Field& field : part.fields) {
            const auto x = toText(field.get(part.object(a)));
            const auto y = toText(field.get(part.object(b)));
            if (x != y) {
                rows.push_back({part.key + "." + field.key, x, y});
            }
        }
    }
    return rows;
}

} // namespace luthier::config
