// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/cli/models_hub.h"

#include "core/cli/display.h"
#include "core/cli/table.h"
#include "core/hub/download.h"
#include "core/hub/hub_cache.h"

#include <cstdio>
#include <unistd.h>

namespace luthier::cli {
namespace {

std::string progressLine(const hub::DownloadProgress& progress)
{
    std::string line = progress.file + "  " + byteSize(static_cast<double>(progress.done));
    if (progress.total > 0) {
        line += " of " + byteSize(static_cast<double>(progress.total));
    }
    if (progress.bytesPerSecond > 0) {
        line += ", " + byteSize(progress.bytesPerSecond) + "/s";
    }
    if (progress.secondsLeft >= 0) {
        line += ", " + duration(progress.secondsLeft) + " left";
    }
    return oneLine(line);
}

Json hitJson(const hub::SearchHit& hit)
{
    Json line = {{"name", hit.id}, {"downloads", hit.downloads}, {"likes", hit.likes}, {"gated", hit.isGated}, {"gguf", hit.hasGguf}};
    line["parameters"] = hit.parameters > 0 ? Json(hit.parameters) : Json();
    line["license"] = hit.license.empty() ? Json() : Json(hit.license);
    return line;
}

bool isAgreed(const std::string& question)
{
    if (::isatty(STDIN_FILENO) == 0) {
        return true; // a script meant it
    }
    std::fprintf(stderr, "%s [y/N] ", question.c_str());
    const int answer = std::getchar();
    return answer == 'y' || answer == 'Y';
}

} // namespace

int searchModels(const std::string& words, int limit, Context& context)
{
    const hub::HubClient client(hub::settingsFromEnvironment());
    auto hits = client.search(words, limit, context.cancel);
    if (!hits) {
        return context.fail(hits.message());
    }
    Table table({{"model", true}, {"parameters", false, true}, {"license"}, {"downloads", false, true}, {"", false}});
    for (const hub::SearchHit& hit : *hits) {
        if (context.console.isJson()) {
            context.console.line(hitJson(hit));
        }
        table.add({hit.id, hit.parameters > 0 ? counted(hit.parameters) : "-", hit.license.empty() ? "-" : hit.license,
                   counted(hit.downloads), hit.isGated ? "gated" : hit.hasGguf ? "gguf" : ""});
    }
    if (!context.console.isJson()) {
        context.console.text(table.isEmpty() ? "No model of that name was found." : table.toText(context.console.width()));
    }
    return kDone;
}

int downloadModel(const std::string& name, const std::string& gguf, Context& context)
{
    auto repo = hub::parseRepoName(name);
    if (!repo) {
        return context.fail(repo.message());
    }
    context.interrupts.setKept("what came");
    hub::DownloadOptions options;
    options.gguf = gguf;
    options.cancel = context.cancel;
    options.onProgress = [&context](const hub::DownloadProgress& progress) { context.console.progress(progressLine(progress)); };
    auto got = hub::download(hub::settingsFromEnvironment(), *repo, options);
    context.console.endProgress();
    if (!got) {
        return context.fail(context.cancel.isCancelled() ? "stopped; what came is kept, and the same command goes on there"
                                                         : got.message());
    }
    if (context.console.isJson()) {
        context.console.line({{"name", got->id}, {"commit", got->commit}, {"path", got->path.string()}, {"bytes", got->bytes}});
    } else {
        context.console.text(got->path.string());
    }
    return kDone;
}

int deleteModel(const std::string& name, bool sure, const hub::ModelPlaces& places, Context& context)
{
    const hub::HubCache cache(places.cache);
    auto repo = hub::parseRepoName(name);
    std::error_code code;
    const bool isCached = repo && std::filesystem::is_directory(cache.folderOf(*repo), code);
    if (!isCached) {
        return context.fail(hub::findModel(name, places)
                                ? name + ": it did not come from a hub, so it is not deleted here; remove its folder yourself"
                                : name + ": it is not in the cache at " + cache.root().string());
    }
    if (!sure && !isAgreed("Delete " + repo->id + " from " + cache.root().string() + ", which other programs may share?")) {
        return context.fail("nothing was deleted");
    }
    if (auto removed = cache.remove(*repo); !removed) {
        return context.fail(removed.message());
    }
    if (context.console.isJson()) {
        context.console.line({{"name", repo->id}, {"deleted", true}});
    } else {
        context.console.text("deleted " + repo->id);
    }
    return kDone;
}

} // namespace luthier::cli
