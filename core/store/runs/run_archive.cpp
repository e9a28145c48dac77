// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/runs/run_archive.h"

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/store/event_codec.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <map>

namespace luthier::store {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kBlock = 512;
constexpr std::uint64_t kMostIndex = std::uint64_t{256} << 20; // of run.json and events.jsonl
constexpr std::uint64_t kMostFile = std::uint64_t{1} << 40;
constexpr std::size_t kMostFiles = 100'000;
constexpr std::int64_t kVersion = 1;
const char kRun[] = "run.json";
const char kEvents[] = "events.jsonl";
const char kFiles[] = "files/";

struct Member {
    std::string name;
    std::uint64_t size = 0;
};

void octal(char* to, std::size_t width, std::uint64_t value) // NUL at the end
{
    for (std::size_t i = width - 1; i-- > 0; value >>= 3) {
        to[i] = static_cast<char>('0' + (value & 7));
    }
}

// Error: a name that does not fit into 155 and 100 bytes.
Result<std::array<char, kBlock>> headerOf(const Member& member)
{
    std::array<char, kBlock> header{};
    std::string name = member.name;
    std::string prefix;
    if (name.size() > 100) {
        const std::size_t cut = name.rfind('/', 155);
        if (cut == std::string::npos || name.size() - cut - 1 > 100) {
            return Error{member.name + ": this name is too long for an archive"};
        }
        prefix = name.substr(0, cut);
        name = name.substr(cut + 1);
    }
    std::copy(name.begin(), name.end(), header.begin());
    octal(&header[100], 8, 0644);
    octal(&header[108], 8, 0);
    octal(&header[116], 8, 0);
    octal(&header[124], 12, member.size);
    octal(&header[136], 12, 0);
    header[156] = '0';
    std::memcpy(&header[257], "ustar\0" "00", 8);
    std::copy(prefix.begin(), prefix.end(), &header[345]);
    std::fill_n(&header[148], 8, ' ');
    std::uint64_t sum = 0;
    for (const char byte : header) {
        sum += static_cast<unsigned char>(byte);
    }
    octal(&header[148], 7, sum);
    return header;
}

std::uint64_t padding(std::uint64_t size)
{
    return (kBlock - size % kBlock) % kBlock;
}

// The files of a run's folder, by name.
Result<std::vector<Member>> filesOf(const fs::path& folder, bool checkpoints)
{
    std::vector<Member> files;
    std::error_code code;
    const fs::path real = fs::canonical(folder, code);
    for (fs::recursive_directory_iterator at(real, code), end; !code && at != end; at.increment(code)) {
        const std::string name = at->path().lexically_relative(real).generic_string();
        if (!checkpoints && name == "checkpoints") {
            at.disable_recursion_pending();
            continue;
        }
        if (at->is_regular_file(code) && !at->is_symlink(code)) {
            files.push_back({name, at->file_size(code)});
        }
    }
    if (code) {
        return Error{folder.string() + ": " + code.message()};
    }
    std::sort(files.begin(), files.end(), [](const Member& a, const Member& b) { return a.name < b.name; });
    return files;
}

class Writer {
public:
    static Result<Writer> create(const fs::path& file, const ArchiveSettings& settings)
    {
        auto atomic = base::AtomicFile::create(file);
        return atomic ? Result<Writer>(Writer(std::move(*atomic), settings)) : Result<Writer>(atomic.error());
    }

    Result<void> text(const std::string& name, const std::string& content)
    {
        const auto header = headerOf({name, content.size()});
        auto done = header ? m_file.write(header->data(), kBlock) : Result<void>(header.error());
        done = done ? m_file.write(content) : std::move(done);
        return done ? m_file.write(std::string(padding(content.size()), '\0')) : done;
    }

    Result<void> file(const Member& member, const fs::path& from)
    {
        const auto header = headerOf({kFiles + member.name, member.size});
        auto done = header ? m_file.write(header->data(), kBlock) : Result<void>(header.error());
        std::ifstream stream(from, std::ios::binary);
        std::vector<char> buffer(std::size_t{1} << 20);
        for (std::uint64_t left = member.size; done && left > 0;) {
            if (m_settings.cancel.isCancelled()) {
                return Error{"cancelled"};
            }
            const auto now = static_cast<std::streamsize>(std::min<std::uint64_t>(left, buffer.size()));
            if (!stream.read(buffer.data(), now)) {
                return Error{from.string() + ": it changed while it was read"};
            }
            done = m_file.write(buffer.data(), static_cast<std::size_t>(now));
            left -= static_cast<std::uint64_t>(now);
            m_done += now;
            if (m_settings.progress) {
                m_settings.progress(m_done, 0);
            }
        }
        return done ? m_file.write(std::string(padding(member.size), '\0')) : done;
    }

    Result<void> commit()
    {
        auto done = m_file.write(std::string(2 * kBlock, '\0'));
        return done ? m_file.commit() : done;
    }

private:
    Writer(base::AtomicFile file, const ArchiveSettings& settings) : m_file(std::move(file)), m_settings(settings) {}

    base::AtomicFile m_file;
    const ArchiveSettings& m_settings;
    std::int64_t m_done = 0;
};

class Reader {
public:
    explicit Reader(const fs::path& file) : m_path(file), m_stream(file, std::ios::binary) {}

    bool isOpen() const { return m_stream.is_open(); }
    Error bad(const std::string& what) const { return {m_path.string() + ": " + what}; }

    // The next member; an empty name: the end.
    Result<Member> next()
    {
        std::array<char, kBlock> header{};
        if (!m_stream.read(header.data(), kBlock)) {
            return bad(m_isFirst ? "this is no run's archive; luthier runs export writes one" : "it breaks off; copy it again");
        }
        m_isFirst = false;
        if (std::all_of(header.begin(), header.end(), [](char c) { return c == 0; })) {
            return Member{};
        }
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < kBlock; ++i) {
            sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(header[i]);
        }
        const auto wanted = number(&header[148], 8);
        const auto size = number(&header[124], 12);
        if (!wanted || *wanted != sum || !size || *size > kMostFile || std::memcmp(&header[257], "ustar", 5) != 0) {
            return bad("this is no run's archive, or a damaged one");
        }
        if (header[156] != '0' && header[156] != '\0') {
            return bad("it holds a link or a folder, which no run's archive does");
        }
        const std::string prefix(&header[345], ::strnlen(&header[345], 155));
        const std::string name(&header[0], ::strnlen(&header[0], 100));
        return Member{prefix.empty() ? name : prefix + "/" + name, *size};
    }

    Result<std::string> text(const Member& member)
    {
        if (member.size > kMostIndex) {
            return bad(member.name + " is too large");
        }
        std::string content(member.size, '\0');
        if (!m_stream.read(content.data(), static_cast<std::streamsize>(member.size)) || !skip(padding(member.size))) {
            return bad("it breaks off; copy it again");
        }
        return content;
    }

    Result<void> file(const Member& member, const fs::path& to, const base::CancelToken& cancel)
    {
        auto done = base::makeDirectories(to.parent_path());
        auto atomic = done ? base::AtomicFile::create(to) : Result<base::AtomicFile>(done.error());
        if (!atomic) {
            return atomic.error();
        }
        std::vector<char> buffer(std::size_t{1} << 20);
        for (std::uint64_t left = member.size; left > 0;) {
            if (cancel.isCancelled()) {
                return Error{"cancelled"};
            }
            const std::uint64_t now = std::min<std::uint64_t>(left, buffer.size());
            if (!m_stream.read(buffer.data(), static_cast<std::streamsize>(now))) {
                return bad("it breaks off; copy it again");
            }
            if (done = atomic->write(buffer.data(), now); !done) {
                return done;
            }
            left -= now;
        }
        if (!skip(padding(member.size))) {
            return bad("it breaks off; copy it again");
        }
        return atomic->commit();
    }

private:
    bool skip(std::uint64_t bytes)
    {
        std::array<char, kBlock> none{};
        return bytes == 0 || static_cast<bool>(m_stream.read(none.data(), static_cast<std::streamsize>(bytes)));
    }

    static std::optional<std::uint64_t> number(const char* text, std::size_t width)
    {
        std::uint64_t value = 0;
        bool any = false;
        for (std::size_t i = 0; i < width && text[i] != '\0' && text[i] != ' '; ++i) {
            if (text[i] < '0' || text[i] > '7') {
                return std::nullopt;
            }
            value = value * 8 + static_cast<std::uint64_t>(text[i] - '0');
            any = true;
        }
        return any ? std::optional(value) : std::nullopt;
    }

    fs::path m_path;
    std::ifstream m_stream;
    bool m_isFirst = true; // no member was read yet
};

Json rowJson(const RunRow& row, const std::string& folder)
{
    const std::string inside = folder + "/";
    const std::string result = row.result.starts_with(inside) ? row.result.substr(inside.size()) : "";
    return {{"name", row.name},       {"state", row.state},     {"created", row.created}, {"recipe", row.recipe}, {"step", row.step},
            {"total_steps", row.totalSteps}, {"seconds", row.seconds}, {"result", result},       {"sentence", row.sentence}, {"notes", row.notes},
            {"tags", row.tags}};
}

// What is unpacked, until the project has it.
class Staging {
public:
    explicit Staging(fs::path folder) : m_folder(std::move(folder)) {}
    ~Staging() { static_cast<void>(base::removeTree(m_folder)); }
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;
    const fs::path& folder() const { return m_folder; }

private:
    fs::path m_folder;
};

template <class T>
Result<void> take(const Json& object, const char* key, T& value)
{
    try {
        value = object.at(key).get<T>();
        return {};
    } catch (const Json::exception&) {
        return Error{std::string("run.json: \"") + key + "\" is missing or of another kind"};
    }
}

Result<RunRow> rowOf(const Json& json, const fs::path& staging)
{
    RunRow row;
    std::string result;
    auto done = take(json, "name", row.name);
    done = done ? take(json, "state", row.state) : done;
    done = done ? take(json, "created", row.created) : done;
    done = done ? take(json, "step", row.step) : done;
    done = done ? take(json, "total_steps", row.totalSteps) : done;
    done = done ? take(json, "seconds", row.seconds) : done;
    done = done ? take(json, "result", result) : done;
    done = done ? take(json, "sentence", row.sentence) : done;
    done = done ? take(json, "notes", row.notes) : done;
    done = done ? take(json, "tags", row.tags) : done;
    if (!done) {
        return done.error();
    }
    row.recipe = json.contains("recipe") ? json.at("recipe") : Json();
    row.result = result.empty() ? "" : (staging / result).string();
    row.state = row.state == "running" ? "interrupted" : row.state;
    return row;
}

Result<std::vector<train::Event>> eventsOf(const std::string& lines)
{
    std::vector<train::Event> events;
    std::size_t at = 0;
    for (std::int64_t number = 1; at < lines.size(); ++number) {
        const std::size_t end = std::min(lines.find('\n', at), lines.size());
        const auto json = base::parseJson(std::string_view(lines).substr(at, end - at));
        auto event = json ? eventFromJson(*json) : Result<train::Event>(json.error());
        if (!event) {
            return Error{std::string(kEvents) + ", line " + std::to_string(number) + ": " + event.message()};
        }
        events.push_back(std::move(*event));
        at = end + 1;
    }
    return events;
}

bool isPlainName(const std::string& name)
{
    const fs::path path(name);
    return !name.empty() && !path.is_absolute() && std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".." || part == "." || part.empty(); });
}

} // namespace

Result<void> writeRunArchive(Project& project, RunId run, const fs::path& file, const ArchiveSettings& settings)
{
    const auto row = project.run(run);
    const auto events = row ? project.events(run) : Result<std::vector<train::Event>>(row.error());
    const auto files = events ? filesOf(row->folder, settings.checkpoints) : Result<std::vector<Member>>(events.error());
    if (!files) {
        return files.error();
    }
    std::error_code code;
    const fs::path folder = fs::canonical(row->folder, code);
    Json index = Json::array();
    for (const Member& member : *files) {
        const auto hash = base::sha256OfFile(folder / member.name);
        if (!hash) {
            return hash.error();
        }
        index.push_back({{"name", member.name}, {"size", member.size}, {"sha256", *hash}});
    }
    std::string lines;
    for (const train::Event& event : *events) {
        lines += base::dumpJson(toJson(event)) + "\n";
    }
    Json json{{"luthier_run", kVersion}, {"run", rowJson(*row, row->folder)}, {"events_sha256", base::sha256(lines)}, {"files", std::move(index)}};
    auto writer = Writer::create(file, settings);
    if (!writer) {
        return writer.error();
    }
    auto done = writer->text(kRun, base::dumpJson(json, 1));
    done = done ? writer->text(kEvents, lines) : std::move(done);
    for (std::size_t i = 0; done && i < files->size(); ++i) {
        done = writer->file((*files)[i], folder / (*files)[i].name);
    }
    return done ? writer->commit() : done;
}

Result<RunRow> readRunArchive(Project& project, const fs::path& file, const ArchiveSettings& settings)
{
    Reader reader(file);
    std::error_code code;
    if (!reader.isOpen() || fs::is_directory(file, code)) {
        return Error{file.string() + (!fs::exists(file, code) ? ": there is no such file" : fs::is_directory(file, code) ? ": this is a folder; an archive of a run is one file" : ": it may not be read")};
    }
    const auto first = reader.next();
    if (!first || first->name != kRun) {
        return first ? reader.bad("this is no run's archive: it does not begin with run.json") : first.error();
    }
    const auto text = reader.text(*first);
    const auto json = text ? base::parseJson(*text) : Result<Json>(text.error());
    if (!json || !json->is_object() || json->value("luthier_run", Json(0)) != Json(kVersion) || !json->contains("run") || !json->contains("files") || !json->at("files").is_array()) {
        return json ? reader.bad("written by a newer Luthier, or no run's archive") : json.error();
    }
    const auto second = reader.next();
    if (!second || second->name != kEvents) {
        return second ? reader.bad("its events are missing") : second.error();
    }
    const auto lines = reader.text(*second);
    if (!lines) {
        return lines.error();
    }
    if (base::sha256(*lines) != json->value("events_sha256", std::string())) {
        return reader.bad("its events are not those that were written; copy it again");
    }
    const auto events = eventsOf(*lines);
    if (!events) {
        return reader.bad(events.message());
    }
    if (json->at("files").size() > kMostFiles) {
        return reader.bad("it names too many files");
    }
    std::map<std::string, std::string> hashes;
    for (const Json& one : json->at("files")) {
        if (!one.is_object() || !one.contains("name") || !one.at("name").is_string() || !one.contains("sha256") || !one.at("sha256").is_string()
            || !isPlainName(one.at("name").get<std::string>())) {
            return reader.bad("its list of files cannot be read");
        }
        hashes[one.at("name").get<std::string>()] = one.at("sha256").get<std::string>();
    }
    const Staging staging(project.folder() / ("incoming-" + base::sha256(file.string() + *lines).substr(0, 12)));
    static_cast<void>(base::removeTree(staging.folder()));
    if (auto made = base::makeDirectories(staging.folder()); !made) {
        return made.error();
    }
    while (true) {
        const auto member = reader.next();
        if (!member) {
            return member.error();
        }
        if (member->name.empty()) {
            break;
        }
        const std::string name = member->name.starts_with(kFiles) ? member->name.substr(sizeof kFiles - 1) : "";
        const auto known = hashes.find(name);
        if (known == hashes.end()) {
            return reader.bad(member->name + " is not in its list of files");
        }
        if (auto done = reader.file(*member, staging.folder() / name, settings.cancel); !done) {
            return done.error();
        }
        const auto hash = base::sha256OfFile(staging.folder() / name);
        if (!hash || *hash != known->second) {
            return hash ? reader.bad(name + " is not what was written; copy the archive again") : hash.error();
        }
        hashes.erase(known);
    }
    if (!hashes.empty()) {
        return reader.bad(hashes.begin()->first + " is missing");
    }
    const auto row = rowOf(json->at("run"), staging.folder());
    return row ? project.adoptRun(*row, *events, staging.folder()) : Result<RunRow>(reader.bad(row.message()));
}

} // namespace luthier::store
