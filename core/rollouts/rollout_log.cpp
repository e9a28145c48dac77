// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rollouts/rollout_log.h"

#include "core/base/files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace luthier::rollouts {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kPrefix = "update-";
constexpr std::string_view kSuffix = ".jsonl";

fs::path folderOf(const fs::path& run)
{
    return run / "rollouts";
}

fs::path fileOf(const fs::path& run, std::int64_t number)
{
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%06lld", static_cast<long long>(number));
    return folderOf(run) / (std::string(kPrefix) + digits.data() + std::string(kSuffix));
}

std::string textOf(const Update& update)
{
    std::string text = base::dumpJson(Json{{"update", update.number},
                                           {"step", update.step},
                                           {"kl_weight", update.klWeight},
                                           {"next_kl_weight", update.nextKlWeight},
                                           {"answers", update.answers.size()}})
                       + "\n";
    for (const Answered& answered : update.answers) {
        text += base::dumpJson(toJson(answered)) + "\n";
    }
    return text;
}

Result<Update> headOf(const Json& json)
{
    const auto isNumber = [&](const char* key) { return json.is_object() && json.contains(key) && json[key].is_number(); };
    for (const char* key : {"update", "step", "kl_weight", "next_kl_weight", "answers"}) {
        if (!isNumber(key)) {
            return Error{"\"" + std::string(key) + "\" is missing"};
        }
    }
    return Update{json["update"].get<std::int64_t>(), json["step"].get<std::int64_t>(), json["kl_weight"].get<double>(), json["next_kl_weight"].get<double>(), {}};
}

void thinOut(const fs::path& run, std::int64_t keep)
{
    const auto numbers = updatesIn(run);
    std::error_code ignored; // an old file that stays does no harm
    for (std::size_t i = 1; i + static_cast<std::size_t>(keep) < numbers.size(); ++i) {
        fs::remove(fileOf(run, numbers[i]), ignored);
    }
}

} // namespace

fs::path updateFile(const fs::path& run, std::int64_t number)
{
    return fileOf(run, number);
}

Result<void> writeUpdate(const fs::path& run, const Update& update, std::int64_t keep)
{
    if (auto made = base::makeDirectories(folderOf(run)); !made) {
        return made;
    }
    if (auto written = base::writeFileAtomically(fileOf(run, update.number), textOf(update)); !written) {
        return written;
    }
    thinOut(run, std::max<std::int64_t>(keep, 1));
    return {};
}

std::vector<std::int64_t> updatesIn(const fs::path& run)
{
    std::vector<std::int64_t> numbers;
    std::error_code code;
    for (fs::directory_iterator at(folderOf(run), code), end; !code && at != end; at.increment(code)) {
        const std::string name = at->path().filename().string();
        if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix) || name.size() <= kPrefix.size() + kSuffix.size()) {
            continue;
        }
        std::int64_t number = 0;
        const char* last = name.data() + name.size() - kSuffix.size();
        if (std::from_chars(name.data() + kPrefix.size(), last, number).ptr == last) {
            numbers.push_back(number);
        }
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

Result<Update> readUpdate(const fs::path& run, std::int64_t number)
{
    const fs::path file = fileOf(run, number);
    const auto text = base::readFile(file);
    if (!text) {
        return text.error();
    }
    std::optional<Update> update;
    std::size_t wanted = 0;
    std::size_t line = 0;
    for (std::size_t at = 0; at < text->size();) {
        const std::size_t end = std::min(text->find('\n', at), text->size());
        const auto json = base::parseJson(std::string_view(*text).substr(at, end - at));
        const auto wrong = [&](const std::string& what) { return Error{file.string() + ": line " + std::to_string(line + 1) + ": " + what}; };
        if (!json) {
            return wrong(json.message());
        }
        if (line == 0) {
            auto head = headOf(*json);
            if (!head) {
                return wrong(head.message());
            }
            update = std::move(*head);
            wanted = (*json)["answers"].get<std::size_t>();
        } else {
            auto answered = answeredFrom(*json);
            if (!answered) {
                return wrong(answered.message());
            }
            update->answers.push_back(std::move(*answered));
        }
        at = end + 1;
        ++line;
    }
    if (!update || update->answers.size() != wanted) {
        return Error{file.string() + ": answers are missing; the file was cut short"};
    }
    return std::move(*update);
}

void forgetUpdatesBehind(const fs::path& run, std::int64_t number)
{
    std::error_code ignored;
    for (const std::int64_t other : updatesIn(run)) {
        if (other > number) {
            fs::remove(fileOf(run, other), ignored);
        }
    }
}

} // namespace luthier::rollouts
