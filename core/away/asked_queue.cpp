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
    for (const fs::directory_entry& entry : fs::directory_iterator(projectFolder / kAskedFolder, code)) {
        if (entry.path().extension() == kAskedEnding) {
            files.push_back(entry.path());
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

// Each as often as it is there once more than in `others`; by places.
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

Result<void> askForChange(const fs::path& projectFolder, const QueueChange& change)
{
    if (auto made = base::makeDirectories(projectFolder / kAskedFolder); !made) {
        return made;
    }
    std::ostringstream name;
    name << std::setw(20) << std::setfill('0') << std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1) << '-' << ::getpid() << kAskedEnding;
    return base::writeFileAtomically(projectFolder / kAskedFolder / name.str(), base::dumpJson(Json{{"before", jsonOf(change.before)}, {"after", jsonOf(change.after)}}));
}

bool hasAskedChanges(const fs::path& projectFolder)
{
    return !askedFiles(projectFolder).empty();
}

Result<std::vector<QueueChange>> takeAskedChanges(const fs::path& projectFolder)
{
    std::vector<QueueChange> changes;
    for (const fs::path& file : askedFiles(projectFolder)) {
        auto change = changeIn(file);
        std::error_code code;
        if (!change) {
            if (!changes.empty()) {
                break; // those are taken; this one is told at the next look
            }
            fs::rename(file, file.string() + ".bad", code);
            return Error{file.string() + ": what it asks of the queue cannot be read: " + change.message() + ". It is left there as " + file.filename().string() + ".bad"};
        }
        fs::remove(file, code);
        if (code) { // or it would come again and again
            return Error{file.string() + ": cannot be taken away: " + code.message() + ", so what it asks of the queue is not done"};
        }
        changes.push_back(std::move(*change));
    }
    return changes;
}

void apply(const QueueChange& change, Queue& queue, std::size_t numBegun)
{
    const Texts before = textsOf(change.before);
    const Texts after = textsOf(change.after);
    const auto gone = moreThan(before, after);
    for (const std::size_t at : gone) {
        const Texts present = textsOf(queue);
        const auto found = std::find(present.begin() + static_cast<std::ptrdiff_t>(std::min(numBegun, present.size())), present.end(), before[at]);
        if (found != present.end()) {
            queue.erase(queue.begin() + (found - present.begin()));
        }
    }
    arrange(queue, after, numBegun);
    const auto added = moreThan(after, before);
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

Result<Queue> takenQueue(store::Project& project)
{
    auto queue = waitingRuns(project);
    if (!queue || !hasAskedChanges(project.folder())) {
        return queue;
    }
    const auto changes = takeAskedChanges(project.folder());
    if (!changes) {
        return changes.error();
    }
    for (const QueueChange& change : *changes) {
        apply(change, *queue, !queue->empty() && queue->front().run != 0 ? 1 : 0);
    }
    const auto kept = keepWaitingRuns(project, *queue);
    return kept ? std::move(queue) : Result<Queue>(kept.error());
}

} // namespace luthier::away
