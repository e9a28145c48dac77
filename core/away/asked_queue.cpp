// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/away/asked_queue.h"

#include "core/base/files.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iomanip>
#include <sstream>
#include <string>
#include <utility>

namespace luthier::away {

namespace fs = std::filesystem;

namespace {

constexpr const char* kAskedFolder = "queue.asked";
constexpr const char* kAskedEnding = ".json";
constexpr const char* kRefusedEnding = ".bad"; // behind the other

Json jsonOf(const Queue& queue)
{
    Json all = Json::array();
    for (const WaitingRun& one : queue) {
        all.push_back(toJson(one));
    }
    return all;
}

Result<Queue> queueFrom(const Json& json, const char* key)
{
    if (!json.is_object() || !json.contains(key) || !json[key].is_array()) {
        return Error{std::string("it has no list \"") + key + "\""};
    }
    Queue queue;
    for (const Json& one : json[key]) {
        auto waiting = waitingRunFrom(one);
        if (!waiting) {
            return waiting.error();
        }
        queue.push_back(std::move(*waiting));
    }
    return queue;
}

Result<QueueChange> changeIn(const fs::path& path)
{
    const auto text = base::readFile(path);
    const auto json = text ? base::parseJson(*text) : Result<Json>(text.error());
    auto before = json ? queueFrom(*json, "before") : Result<Queue>(json.error());
    auto after = before ? queueFrom(*json, "after") : before;
    if (!after) {
        return Error{after.message()};
    }
    return QueueChange{std::move(*before), std::move(*after)};
}

std::vector<fs::path> askedFiles(const fs::path& projectFolder)
{
    std::vector<fs::path> files;
    std::error_code code;
    for (fs::directory_iterator at(projectFolder / kAskedFolder, code), end; !code && at != end; at.increment(code)) {
        if (at->path().extension() == kAskedEnding) {
            files.push_back(at->path());
        }
    }
    std::sort(files.begin(), files.end()); // their names begin with when they were asked for
    return files;
}

using Texts = std::vector<std::string>;

Texts textsOf(const Queue& queue)
{
    Texts texts;
    for (const WaitingRun& one : queue) {
        texts.push_back(base::dumpJson(toJson(one)));
    }
    return texts;
}

// Each as often as it is there once more than in `others`; by places, which ascend.
std::vector<std::size_t> moreThan(const Texts& texts, Texts others)
{
    std::vector<std::size_t> more;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto same = std::find(others.begin(), others.end(), texts[i]);
        if (same == others.end()) {
            more.push_back(i);
        } else {
            others.erase(same);
        }
    }
    return more;
}

Texts without(Texts texts, const std::vector<std::size_t>& places)
{
    for (auto place = places.rbegin(); place != places.rend(); ++place) {
        texts.erase(texts.begin() + static_cast<std::ptrdiff_t>(*place));
    }
    return texts;
}

// Those of `texts` that `queue` has stand there in this order, on the places that they have together.
void arrange(Queue& queue, const Texts& texts, std::size_t numBegun)
{
    Texts present = textsOf(queue);
    std::vector<std::size_t> places;
    Queue inOrder;
    for (const std::string& text : texts) {
        const auto at = std::find(present.begin() + static_cast<std::ptrdiff_t>(std::min(numBegun, present.size())), present.end(), text);
        if (at != present.end()) {
            places.push_back(static_cast<std::size_t>(at - present.begin()));
            inOrder.push_back(queue[places.back()]);
            at->clear(); // taken
        }
    }
    std::sort(places.begin(), places.end());
    for (std::size_t i = 0; i < places.size(); ++i) {
        queue[places[i]] = std::move(inOrder[i]);
    }
}

} // namespace

Result<fs::path> askForChange(const fs::path& projectFolder, const QueueChange& change)
{
    if (auto made = base::makeDirectories(projectFolder / kAskedFolder); !made) {
        return made.error();
    }
    std::ostringstream name;
    name << std::setw(20) << std::setfill('0') << std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1) << '-' << ::getpid() << kAskedEnding;
    const fs::path file = projectFolder / kAskedFolder / name.str();
    const auto written = base::writeFileAtomically(file, base::dumpJson(Json{{"before", jsonOf(change.before)}, {"after", jsonOf(change.after)}}));
    return written ? Result<fs::path>(file) : Result<fs::path>(written.error());
}

bool hasAskedChanges(const fs::path& projectFolder)
{
    return !askedFiles(projectFolder).empty();
}

bool wasRefused(const fs::path& asked)
{
    std::error_code code;
    return fs::exists(asked.string() + kRefusedEnding, code);
}

AskedChanges askedChanges(const fs::path& projectFolder)
{
    AskedChanges asked;
    for (const fs::path& file : askedFiles(projectFolder)) {
        if (auto change = changeIn(file)) {
            asked.changes.push_back({file, std::move(*change)});
        } else {
            std::error_code code;
            fs::rename(file, file.string() + kRefusedEnding, code);
            asked.problem = file.string() + ": what it asks of the queue cannot be read: " + change.message() + ". It is left there as " + file.filename().string() + kRefusedEnding;
        }
    }
    return asked;
}

void forgetAsked(const std::vector<fs::path>& files)
{
    for (const fs::path& file : files) {
        std::error_code code;
        fs::remove(file, code);
    }
}

void apply(const QueueChange& change, Queue& queue, std::size_t numBegun)
{
    const Texts before = textsOf(change.before);
    const Texts after = textsOf(change.after);
    const auto gone = moreThan(before, after);
    const auto added = moreThan(after, before);
    for (const std::size_t at : gone) {
        const Texts present = textsOf(queue);
        const auto found = std::find(present.begin() + static_cast<std::ptrdiff_t>(std::min(numBegun, present.size())), present.end(), before[at]);
        if (found != present.end()) {
            queue.erase(queue.begin() + (found - present.begin()));
        }
    }
    // Where what both have stands in one order it moves nothing, and who moved something meanwhile is right.
    if (without(before, gone) != without(after, added)) {
        arrange(queue, after, numBegun);
    }
    // What has begun stands before all; added before all others that waited, it comes behind that.
    const bool isFirst = !added.empty() && added.size() < after.size() && added.back() + 1 < after.size();
    std::size_t to = isFirst ? std::min(numBegun, queue.size()) : queue.size();
    while (isFirst && to < queue.size() && queue[to].run != 0) {
        ++to;
    }
    for (const std::size_t at : added) {
        queue.insert(queue.begin() + static_cast<std::ptrdiff_t>(to++), change.after[at]);
    }
}

namespace {

// `files`: those that were applied.
Result<Queue> withAsked(store::Project& project, std::vector<fs::path>& files, std::string& problem)
{
    auto queue = waitingRuns(project);
    if (!queue) {
        return queue;
    }
    const AskedChanges asked = askedChanges(project.folder());
    problem = asked.problem;
    for (const AskedChange& one : asked.changes) {
        apply(one.change, *queue, !queue->empty() && queue->front().run != 0 ? 1 : 0);
        files.push_back(one.file);
    }
    return queue;
}

} // namespace

Result<Queue> takenQueue(store::Project& project, std::string& problem)
{
    std::vector<fs::path> files;
    auto queue = withAsked(project, files, problem);
    if (!queue || files.empty()) {
        return queue;
    }
    if (const auto kept = keepWaitingRuns(project, *queue); !kept) {
        return kept.error();
    }
    forgetAsked(files);
    for (const fs::path& file : files) {
        std::error_code code;
        if (fs::exists(file, code)) { // it would come again and again
            return Error{file.string() + ": what it asks of the queue is done, but the file cannot be removed; remove it"};
        }
    }
    return queue;
}

Result<Queue> askedQueue(store::Project& project)
{
    std::vector<fs::path> files;
    std::string problem; // whoever takes them tells it
    return withAsked(project, files, problem);
}

} // namespace luthier::away
