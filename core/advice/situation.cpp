// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/advice/situation.h"

#include "core/data/checks/duplicates.h"
#include "core/peft/methods/method.h"
#include "core/train/plan/memory_estimate.h"
#include "core/train/plan/plan_cache.h"
#include "core/train/plan/run_plan.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

namespace luthier::advice {

namespace {

constexpr std::int64_t kMostRows = 5000; // that are read for what they hold; duplicates are looked for among all

std::string firstWords(const std::string& text, int most)
{
    std::string words;
    int count = 0;
    for (const char c : text) {
        const bool isSpace = std::isspace(static_cast<unsigned char>(c)) != 0;
        if (isSpace && !words.empty() && words.back() != ' ' && ++count == most) {
            break;
        }
        if (!isSpace) {
            words += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        } else if (!words.empty() && words.back() != ' ') {
            words += ' ';
        }
    }
    return words;
}

std::int64_t wordsIn(const std::string& text)
{
    std::int64_t count = 0;
    bool wasSpace = true;
    for (const char c : text) {
        const bool isSpace = std::isspace(static_cast<unsigned char>(c)) != 0;
        count += wasSpace && !isSpace;
        wasSpace = isSpace;
    }
    return count;
}

// A form that answers of one task share.
const char* shapeOf(const std::string& answer)
{
    const std::size_t first = answer.find_first_not_of(" \t\n");
    if (first == std::string::npos) {
        return "empty";
    }
    if (answer[first] == '{' || answer[first] == '[') {
        return "json";
    }
    if (answer.find("```") != std::string::npos) {
        return "code";
    }
    if (answer[first] == '-' || answer[first] == '*' || answer.find("\n- ") != std::string::npos || answer.find("\n1.") != std::string::npos) {
        return "list";
    }
    const std::int64_t words = wordsIn(answer);
    return words <= 3 ? "words" : words <= 30 ? "sentence" : "longer";
}

struct Sets {
    std::set<std::string> answers;
    std::set<std::string> beginnings;
    std::set<std::string> shapes;
    std::int64_t words = 0;
};

void look(const data::Dataset& dataset, std::int64_t most, RowsSeen& seen, Sets& sets, const base::CancelToken& cancel)
{
    const std::int64_t rows = dataset.rowCount();
    const std::int64_t count = std::min(rows, most);
    for (std::int64_t i = 0; i < count && !cancel.isCancelled(); ++i) {
        const std::int64_t row = count == rows ? i : i * rows / count;
        const auto example = dataset.isExcluded(row) ? Result<data::Example>(Error{"left out"}) : dataset.example(row);
        if (!example) {
            continue;
        }
        ++seen.looked;
        seen.pairs += example->kind == data::ExampleKind::Preference;
        seen.texts += example->kind == data::ExampleKind::Text;
        seen.labelled += !example->label.empty();
        const std::string answer = example->label.empty() ? data::answerOf(*example) : example->label;
        sets.answers.insert(answer);
        sets.shapes.insert(shapeOf(answer));
        sets.beginnings.insert(firstWords(data::promptOf(*example), 2));
        sets.words += wordsIn(answer);
    }
}

Result<void> lookAtRows(const Look& asked, RowsSeen& seen)
{
    Sets sets;
    const auto files = static_cast<std::int64_t>(std::max<std::size_t>(1, asked.rows.train.size()));
    for (const train::RunFile& file : asked.rows.train) {
        const auto dataset = file.open(asked.progress, asked.cancel);
        if (!dataset) {
            return dataset.error();
        }
        look(**dataset, std::max<std::int64_t>(1, kMostRows / files), seen, sets, asked.cancel);
        data::DuplicateSettings near;
        near.near = true;
        const auto copies = data::findDuplicates(**dataset, near, {0, asked.progress, asked.cancel});
        if (!copies) {
            return copies.error();
        }
        seen.copies += static_cast<std::int64_t>(data::Duplicates::surplus(copies->exact).size());
        seen.nearCopies += static_cast<std::int64_t>(data::Duplicates::surplus(copies->near).size());
    }
    seen.distinctAnswers = static_cast<std::int64_t>(sets.answers.size());
    seen.distinctBeginnings = static_cast<std::int64_t>(sets.beginnings.size());
    seen.distinctShapes = static_cast<std::int64_t>(sets.shapes.size());
    seen.meanAnswerWords = seen.looked > 0 ? static_cast<double>(sets.words) / static_cast<double>(seen.looked) : 0;
    return {};
}

// The objective decides little of it, and what is planned here is only asked for its rows.
MethodNeed needOf(const Look& asked, const std::string& method, const train::RunPlan& plan, Situation& situation)
{
    MethodNeed need;
    need.method = method;
    config::RunConfig config = asked.config;
    config.model.adapter.clear();
    config.model.adapterMerge = false;
    config.model.quantization = "auto";
    config.method.kind = method;
    const auto memory = train::memoryOf(config, plan);
    if (!memory) {
        need.problem = memory.message();
        return need;
    }
    need.bytes = memory->estimate.parts.total();
    need.fits = memory->estimate.fits();
    situation.device = memory->estimate.device;
    situation.free = memory->estimate.free;
    situation.isCard = !situation.device.starts_with("cpu");
    return need;
}

} // namespace

const MethodNeed* Situation::need(const std::string& method) const
{
    const auto found = std::find_if(methods.begin(), methods.end(), [&](const MethodNeed& need) { return need.method == method; });
    return found == methods.end() ? nullptr : &*found;
}

Result<Situation> lookAround(const Look& asked)
{
    config::RunConfig config = asked.config;
    config.objective.kind = "sft"; // what rows there are is counted in the plainest way
    train::PlanControl control{0, asked.progress, [&] { return asked.cancel.isCancelled(); }, asked.cache};
    auto plan = train::planRun(config, asked.rows, control);
    if (!plan) {
        config.objective.kind = asked.config.objective.kind;
        plan = train::planRun(config, asked.rows, control);
    }
    if (!plan) {
        return plan.error();
    }
    Situation situation;
    situation.model = std::filesystem::path(config.model.path).filename().string();
    situation.parameters = plan->model.config.numParameters();
    std::error_code code;
    situation.answersChats = std::filesystem::exists(std::filesystem::path(config.model.path) / "chat_template.jinja", code);
    situation.rows.rows = static_cast<std::int64_t>(plan->rows.data.train.size());
    situation.rows.heldOut = static_cast<std::int64_t>(plan->rows.data.heldOut.size());
    situation.rows.broken = plan->rows.data.broken;
    situation.rows.nothingToLearn = plan->rows.data.nothingToLearn;
    situation.rows.cut = plan->rows.data.truncated;
    if (auto seen = lookAtRows(asked, situation.rows); !seen) {
        return seen.error();
    }
    for (const char* method : {"lora", "qlora", "full"}) {
        situation.methods.push_back(needOf(Look{config, asked.rows, asked.cache, {}, asked.cancel}, method, *plan, situation));
    }
    return asked.cancel.isCancelled() ? Result<Situation>(Error{"cancelled"}) : situation;
}

} // namespace luthier::advice
