// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hub/hub_client.h"

#include "core/base/json.h"
#include "core/hub/http.h"
#include "core/hub/hub_errors.h"

#include <charconv>

namespace luthier::hub {
namespace {

constexpr std::size_t kMaxAnswer = std::size_t{64} << 20;
constexpr std::size_t kMaxFiles = 100'000;
constexpr std::string_view kLicenseTag = "license:";

HttpRequest requestOf(const HubSettings& settings, std::string url, const base::CancelToken& cancel)
{
    HttpRequest request;
    request.url = std::move(url);
    request.token = settings.token;
    request.connectTimeout = settings.connectTimeout;
    request.cancel = cancel;
    return request;
}

Result<Json> getJson(const HubSettings& settings, const std::string& url, const std::string& what, const base::CancelToken& cancel)
{
    if (settings.offline) {
        return offlineError(settings);
    }
    auto got = requestText(requestOf(settings, url, cancel), kMaxAnswer);
    if (!got) {
        return got.error();
    }
    if (got->answer.status != 200) {
        return answerError(got->answer, settings, what);
    }
    base::JsonLimits limits;
    limits.refuseDuplicateKeys = false; // the server's business
    auto json = base::parseJson(got->body, limits);
    if (!json) {
        return Error{settings.endpoint + ": its answer is not JSON (" + json.message() + "); is HF_ENDPOINT a hub?"};
    }
    return json;
}

std::string textAt(const Json& object, const char* key)
{
    const auto at = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

std::int64_t countAt(const Json& object, const char* key, std::int64_t fallback)
{
    if (!object.is_object()) {
        return fallback;
    }
    const auto at = object.find(key);
    const bool good = at != object.end() && at->is_number_integer() && (!at->is_number_unsigned() || at->get<std::uint64_t>() <= INT64_MAX);
    return good && at->get<std::int64_t>() >= 0 ? at->get<std::int64_t>() : fallback;
}

// false, or "auto", "manual".
bool gatedAt(const Json& object)
{
    const auto at = object.find("gated");
    return at != object.end() && (at->is_string() || (at->is_boolean() && at->get<bool>()));
}

void readTags(const Json& object, std::string& license, bool& hasGguf)
{
    const auto tags = object.find("tags");
    if (tags == object.end() || !tags->is_array()) {
        return;
    }
    for (const Json& tag : *tags) {
        if (!tag.is_string()) {
            continue;
        }
        const auto text = tag.get<std::string>();
        if (text.starts_with(kLicenseTag)) {
            license = text.substr(kLicenseTag.size());
        }
        hasGguf = hasGguf || text == "gguf";
    }
}

Result<std::vector<RemoteFile>> filesOf(const Json& object, const std::string& id)
{
    std::vector<RemoteFile> files;
    const auto siblings = object.find("siblings");
    if (siblings == object.end() || !siblings->is_array() || siblings->size() > kMaxFiles) {
        return Error{id + ": the hub's answer lists no files"};
    }
    for (const Json& sibling : *siblings) {
        RemoteFile file{textAt(sibling, "rfilename"), countAt(sibling, "size", -1)};
        if (!isSafePath(file.path)) {
            return Error{id + ": the hub names a file '" + file.path + "', which would leave the model's folder; nothing was downloaded"};
        }
        files.push_back(std::move(file));
    }
    return files;
}

std::string withoutQuotes(std::string etag)
{
    if (etag.starts_with("W/")) {
        etag.erase(0, 2);
    }
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
        etag = etag.substr(1, etag.size() - 2);
    }
    return etag;
}

std::int64_t sizeOf(const std::string& text)
{
    std::int64_t size = -1;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), size);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() && size >= 0 ? size : -1;
}

} // namespace

std::string HubClient::fileUrl(const RepoName& name, const std::string& commit, const std::string& path) const
{
    return m_settings.endpoint + "/" + urlQuoted(name.id, true) + "/resolve/" + urlQuoted(commit, false) + "/" + urlQuoted(path, true);
}

Result<std::vector<SearchHit>> HubClient::search(const std::string& words, int limit, const base::CancelToken& cancel) const
{
    std::string url = m_settings.endpoint + "/api/models?search=" + urlQuoted(words, false)
                      + "&pipeline_tag=text-generation&sort=downloads&direction=-1&limit=" + std::to_string(limit);
    for (const char* field : {"downloads", "likes", "gated", "tags", "safetensors"}) {
        url += std::string("&expand%5B%5D=") + field;
    }
    auto json = getJson(m_settings, url, "the search", cancel);
    if (!json) {
        return json.error();
    }
    if (!json->is_array()) {
        return Error{m_settings.endpoint + ": its answer to a search is no list; is HF_ENDPOINT a hub?"};
    }
    std::vector<SearchHit> hits;
    for (const Json& row : *json) {
        SearchHit hit;
        hit.id = textAt(row, "id");
        if (!parseRepoName(hit.id)) {
            continue; // nothing that could be downloaded by that name
        }
        hit.downloads = countAt(row, "downloads", 0);
        hit.likes = countAt(row, "likes", 0);
        hit.isGated = gatedAt(row);
        readTags(row, hit.license, hit.hasGguf);
        if (const auto tensors = row.find("safetensors"); tensors != row.end()) {
            hit.parameters = countAt(*tensors, "total", 0);
        }
        hits.push_back(std::move(hit));
    }
    return hits;
}

Result<Repository> HubClient::repository(const RepoName& name, const base::CancelToken& cancel) const
{
    const std::string url = m_settings.endpoint + "/api/models/" + urlQuoted(name.id, true) + "/revision/" + urlQuoted(name.revision, false)
                            + "?blobs=true";
    auto json = getJson(m_settings, url, name.id, cancel);
    if (!json) {
        return json.error();
    }
    Repository repository;
    repository.name = name;
    repository.commit = textAt(*json, "sha");
    if (!json->is_object() || !isCommit(repository.commit)) {
        return Error{name.id + ": the hub's answer names no commit; is HF_ENDPOINT a hub?"};
    }
    bool hasGguf = false;
    readTags(*json, repository.license, hasGguf);
    repository.isGated = gatedAt(*json);
    auto files = filesOf(*json, name.id);
    if (!files) {
        return files.error();
    }
    repository.files = std::move(*files);
    return repository;
}

Result<FileMeta> HubClient::fileMeta(const RepoName& name, const std::string& commit, const std::string& path,
                                     const base::CancelToken& cancel) const
{
    if (m_settings.offline) {
        return offlineError(m_settings);
    }
    HttpRequest asked = requestOf(m_settings, fileUrl(name, commit, path), cancel);
    asked.headOnly = true;
    asked.followToOtherHosts = false; // the other host knows its own tag, not the hub's
    auto answer = request(asked, {}, {});
    if (!answer) {
        return answer.error();
    }
    if (answer->status >= 400) {
        return answerError(*answer, m_settings, name.id + "/" + path);
    }
    FileMeta meta;
    const std::string linked = answer->firstHeader("x-linked-etag");
    meta.etag = withoutQuotes(linked.empty() ? answer->header("etag") : linked);
    const std::string size = answer->firstHeader("x-linked-size");
    meta.size = sizeOf(size.empty() && answer->status == 200 ? answer->header("content-length") : size);
    if (!isSafePath(meta.etag) || meta.etag.find('/') != std::string::npos) {
        return Error{name.id + "/" + path + ": the hub gives no usable ETag for it, so it could not be kept or checked"};
    }
    return meta;
}

} // namespace luthier::hub
