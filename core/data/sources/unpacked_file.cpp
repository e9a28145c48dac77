// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/unpacked_file.h"

#include "core/base/disk_room.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/base/paths.h"

#include <chrono>
#include <string>
#include <system_error>
#include <vector>

namespace luthier::data {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
constexpr std::uint64_t kCheckBytes = std::uint64_t{64} << 20; // between two looks at the free space

class Unpacking {
public:
    Unpacking(const DataFile& packed, const PackedKind& kind, const UnpackSettings& settings, fs::path target)
        : m_packed(packed), m_kind(kind), m_settings(settings), m_target(std::move(target)), m_room(kPieceBytes, '\0')
    {
    }

    Result<void> run(const base::Progress& progress, const base::CancelToken& cancel)
    {
        auto file = base::AtomicFile::create(m_target);
        if (!file) {
            return file.error();
        }
        const auto stream = m_kind.open();
        std::string piece(kPieceBytes, '\0');
        for (std::uint64_t at = 0; at < m_packed.size();) {
            if (cancel.isCancelled()) {
                return Error{"cancelled"};
            }
            auto got = m_packed.readInto(piece.data(), piece.size(), at);
            if (!got || *got == 0) {
                return got ? Error{"the file became shorter while it was read; open it again"} : got.error();
            }
            auto taken = takeAll(*stream, std::string_view(piece).substr(0, *got), at, *file, cancel);
            if (!taken) {
                return taken;
            }
            at += *got;
            if (progress) {
                progress(static_cast<std::int64_t>(at), static_cast<std::int64_t>(m_packed.size()));
            }
        }
        // What still waits inside, when the last piece gave more than there was room for.
        auto rest = drain(*stream, *file);
        if (!rest) {
            return rest;
        }
        return stream->isComplete() ? file->commit() : Error{brokenOff()};
    }

private:
    Result<void> takeAll(PackedStream& stream, std::string_view piece, std::uint64_t begin, base::AtomicFile& file,
                         const base::CancelToken& cancel)
    {
        std::size_t at = 0;
        while (at < piece.size()) {
            auto taken = stream.take(piece.substr(at), m_room.data(), m_room.size());
            if (!taken) {
                return Error{std::string("the ") + m_kind.name + " stream is damaged near byte " + std::to_string(begin + at + 1)
                             + " (" + taken.message() + "); fetch or pack the file again"};
            }
            auto written = taken->read + taken->written > 0 ? write(taken->written, file) : Error{"the stream does not go on"};
            if (!written || cancel.isCancelled()) {
                return written ? Result<void>(Error{"cancelled"}) : written;
            }
            at += taken->read;
        }
        return {};
    }

    Result<void> drain(PackedStream& stream, base::AtomicFile& file)
    {
        while (!stream.isComplete()) {
            auto taken = stream.take({}, m_room.data(), m_room.size());
            if (!taken || taken->written == 0) {
                return {}; // nothing more comes; whether that is well the stream says
            }
            auto written = write(taken->written, file);
            if (!written) {
                return written;
            }
        }
        return {};
    }

    Result<void> write(std::size_t bytes, base::AtomicFile& file)
    {
        m_written += bytes;
        if (m_written > m_settings.maxBytes) {
            return Error{"unpacked it is larger than " + std::to_string(m_settings.maxBytes)
                         + " bytes; unpack it yourself if that is meant, or split it"};
        }
        if (m_written >= m_checked + kCheckBytes || m_checked == 0) {
            m_checked = m_written;
            std::error_code code;
            const auto space = fs::space(m_target.parent_path(), code);
            if (!code && space.available < m_settings.spareBytes + kCheckBytes) {
                return Error{"unpacking stopped at " + base::bytesText(m_written) + ": the disk of " + m_target.parent_path().string()
                             + " would have less than " + base::bytesText(m_settings.spareBytes)
                             + " left; make room, or let XDG_CACHE_HOME name a larger disk"};
            }
        }
        return file.write(m_room.data(), bytes);
    }

    std::string brokenOff() const
    {
        return std::string("the ") + m_kind.name + " stream breaks off after " + std::to_string(m_packed.size())
               + " bytes, so the end of the data is missing; fetch or pack the file again";
    }

    const DataFile& m_packed;
    const PackedKind& m_kind;
    const UnpackSettings& m_settings;
    fs::path m_target;
    std::string m_room;
    std::uint64_t m_written = 0;
    std::uint64_t m_checked = 0;
};

// "rows.jsonl.gz" is "rows.jsonl", "rows.tgz" stays: then the content decides.
std::string plainName(const fs::path& path)
{
    const std::string extension = path.extension().string();
    const bool isPacking = extension == ".gz" || extension == ".zst" || extension == ".zstd" || extension == ".gzip";
    return (isPacking ? path.stem() : path.filename()).string();
}

void removeUnused(const fs::path& folder, std::uint64_t maxAgeDays)
{
    std::error_code code;
    const auto oldest = fs::file_time_type::clock::now() - std::chrono::hours(24 * maxAgeDays);
    std::vector<fs::path> old;
    for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
        std::error_code unknown;
        const auto used = fs::last_write_time(entry->path(), unknown);
        if (!unknown && used < oldest) {
            old.push_back(entry->path());
        }
    }
    for (const auto& path : old) {
        static_cast<void>(base::removeTree(path)); // one that resists harms nobody, and is tried again next time
    }
}

} // namespace

Result<CachePlace> cachePlace(const DataFile& file, const std::string& name, const UnpackSettings& settings)
{
    const fs::path folder = settings.folder.empty() ? base::userCacheFolder() / "unpacked" : settings.folder;
    std::error_code code;
    const std::string key = fs::absolute(file.path(), code).string() + "\n" + std::to_string(file.size()) + "\n" + file.stamp();
    const fs::path place = folder / base::sha256(key).substr(0, 16);
    CachePlace found{place / name, fs::is_regular_file(place / name, code)};
    if (!found.isThere) {
        removeUnused(folder, settings.maxAgeDays);
        if (auto made = base::makeDirectories(place); !made) {
            return made.error();
        }
    }
    fs::last_write_time(place, fs::file_time_type::clock::now(), code); // when it was last used
    return found;
}

Result<fs::path> unpackedFile(const DataFile& packed, const PackedKind& kind, const UnpackSettings& settings,
                              const base::Progress& progress, const base::CancelToken& cancel)
{
    auto place = cachePlace(packed, plainName(packed.path()), settings);
    if (!place || place->isThere) {
        return place ? Result<fs::path>(place->path) : place.error();
    }
    if (auto done = Unpacking(packed, kind, settings, place->path).run(progress, cancel); !done) {
        std::error_code code;
        fs::remove(place->path.parent_path(), code); // only if nobody else is at work in it
        return done.error();
    }
    return place->path;
}

} // namespace luthier::data
