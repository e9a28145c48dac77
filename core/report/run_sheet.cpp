// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/run_sheet.h"

#include "core/base/amount.h"
#include "core/base/hash.h"
#include "core/config/run_config.h"
#include "core/report/run_report.h"

#include <chrono>
#include <ctime>
#include <filesystem>

namespace luthier::report {

namespace fs = std::filesystem;

namespace {

std::string timeOf(const fs::path& path)
{
    std::error_code code;
    const auto changed = fs::last_write_time(path, code);
    if (code) {
        return {};
    }
    const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::file_clock::to_sys(changed));
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

Json fileJson(const FileHash& file, const std::string& began)
{
    const std::string changed = timeOf(file.path);
    const bool isResult = file.what == "result";
    return {{"what", file.what}, {"path", file.path}, {"sha256", file.hash}, {"changed", changed}, {"changed_since", !isResult && !changed.empty() && changed > began}};
}

// Where the template of the model's folder stands.
Json templateJson(const fs::path& model, const std::string& began)
{
    std::error_code code;
    for (const char* name : {"chat_template.jinja", "tokenizer_config.json"}) {
        if (fs::exists(model / name, code)) {
            const auto hash = base::sha256OfFile(model / name);
            return fileJson({"chat template", (model / name).string(), hash ? *hash : hash.message()}, began);
        }
    }
    return {};
}

} // namespace

Result<Json> runSheet(store::Project& project, store::RunId id, const base::CancelToken& cancel)
{
    const auto report = runReport(project, id, cancel);
    if (!report) {
        return report.error();
    }
    const store::RunRow& run = report->run;
    const auto config = config::fromJson(run.recipe);
    Json files = Json::array();
    for (const FileHash& file : report->files) {
        files.push_back(fileJson(file, run.created));
    }
    if (config) {
        if (Json chat = templateJson(config->model.path, run.created); !chat.is_null()) {
            files.push_back(std::move(chat));
        }
    }
    Json starts = Json::array();
    for (const train::Event& event : report->events) {
        if (const auto* started = std::get_if<train::RunStarted>(&event)) {
            starts.push_back({{"device", started->device}, {"dtype", started->dtype}, {"ranks", started->ranks}, {"first_step", started->firstStep},
                              {"train_rows", started->trainRows}, {"held_out_rows", started->heldOutRows}, {"steps", started->totalSteps}});
        }
    }
    return Json{{"run", run.id},
                {"name", run.name},
                {"created", run.created},
                {"state", run.state},
                {"seed", config ? Json(config->run.seed) : Json()},
                {"versions", {{"luthier", LUTHIER_VERSION}}},
                {"starts", std::move(starts)},
                {"files", std::move(files)},
                {"recipe_sha256", base::sha256(base::dumpJson(run.recipe))},
                {"recipe", run.recipe},
                {"again", "luthier tune RECIPE.json, with the recipe of this sheet and files of these hashes"}};
}

std::string sheetText(const Json& sheet)
{
    const auto text = [&](const Json& value) { return value.is_string() ? value.get<std::string>() : base::dumpJson(value); };
    std::string out = "# Run " + text(sheet.at("run")) + ": " + text(sheet.at("name")) + "\n\n- began " + text(sheet.at("created")) + ", " + text(sheet.at("state")) + "\n- seed "
                      + text(sheet.at("seed")) + "\n- luthier " + text(sheet.at("versions").at("luthier")) + "\n- recipe sha256 " + text(sheet.at("recipe_sha256")) + "\n";
    for (const Json& start : sheet.at("starts")) {
        out += "- " + text(start.at("device")) + ", " + text(start.at("dtype")) + ", " + base::amount(start.at("train_rows").get<std::int64_t>(), "row") + " to learn from, " + text(start.at("held_out_rows"))
               + " held out, " + base::amount(start.at("steps").get<std::int64_t>(), "step") + "\n";
    }
    out += "\n| file | sha256 | |\n| --- | --- | --- |\n";
    for (const Json& file : sheet.at("files")) {
        out += "| " + text(file.at("what")) + ": " + text(file.at("path")) + " | " + text(file.at("sha256")) + " | " + (file.at("changed_since") == true ? "changed since the run began" : "")
               + " |\n";
    }
    return out + "\n" + text(sheet.at("again")) + ".\n";
}

} // namespace luthier::report
