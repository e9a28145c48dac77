// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/safetensors.h"

#include "core/base/checked.h"
#include "core/base/files.h"
#include "core/base/other_makes.h"
#include "core/weights/safetensors_header.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

namespace luthier::weights {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kWritePiece = std::size_t{16} << 20;

// All of [offset, offset + size), or a sentence.
Result<void> readAt(int descriptor, const fs::path& path, std::uint64_t offset, std::uint64_t size,
                    void* target)
{
    char* at = static_cast<char*>(target);
    while (size > 0) {
        const ssize_t got = ::pread(descriptor, at, std::min<std::uint64_t>(size, 1u << 30),
                                    static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return Error{path.string() + ": cannot read at byte " + std::to_string(offset) + ": "
                         + std::strerror(errno)};
        }
        if (got == 0) {
            return Error{path.string() + ": ended at byte " + std::to_string(offset) + ", "
                         + std::to_string(size) + " bytes short; it was changed while being read"};
        }
        at += got;
        offset += static_cast<std::uint64_t>(got);
        size -= static_cast<std::uint64_t>(got);
    }
    return {};
}

Result<std::uint64_t> sizeOfRegular(int descriptor, const fs::path& path)
{
    struct stat info {};
    if (::fstat(descriptor, &info) != 0) {
        return Error{path.string() + ": cannot read: " + std::strerror(errno)};
    }
    if (!S_ISREG(info.st_mode)) {
        return Error{path.string() + ": not a regular file"};
    }
    return static_cast<std::uint64_t>(info.st_size);
}

// What the first bytes are told by, or nothing.
std::string otherMake(int descriptor, const fs::path& path, std::uint64_t fileSize)
{
    std::string head(static_cast<std::size_t>(std::min<std::uint64_t>(fileSize, 32)), '\0');
    return readAt(descriptor, path, 0, head.size(), head.data()) ? base::whatBegins(head) : std::string();
}

Result<std::uint64_t> headerSize(int descriptor, const fs::path& path, std::uint64_t fileSize)
{
    if (const std::string other = otherMake(descriptor, path, fileSize); !other.empty()) {
        return Error{path.string() + ": " + other};
    }
    if (fileSize < 8) {
        return Error{path.string() + ": " + std::to_string(fileSize)
                     + " bytes, too short for a safetensors file; download or copy it again"};
    }
    unsigned char bytes[8];
    if (auto got = readAt(descriptor, path, 0, 8, bytes); !got) {
        return got.error();
    }
    std::uint64_t size = 0;
    for (int i = 7; i >= 0; --i) {
        size = size << 8 | bytes[i];
    }
    if (size > kMaxHeaderBytes) {
        return Error{path.string() + ": its first eight bytes announce a header of " + std::to_string(size)
                     + " bytes, at most " + std::to_string(kMaxHeaderBytes)
                     + " are allowed; this is not a safetensors file"};
    }
    if (8 + size > fileSize) {
        return Error{path.string() + ": the file is cut short: its header needs " + std::to_string(8 + size)
                     + " bytes, the file has " + std::to_string(fileSize) + "; download or copy it again"};
    }
    return size;
}

} // namespace

Result<std::shared_ptr<SafetensorsFile>> SafetensorsFile::open(const fs::path& path)
{
    // O_NONBLOCK: a named pipe in place of a file must not hang the open.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return Error{path.string() + ": cannot open: " + std::strerror(errno)};
    }
    std::shared_ptr<SafetensorsFile> file(new SafetensorsFile);
    file->m_path = path;
    file->m_descriptor = descriptor;
    auto size = sizeOfRegular(descriptor, path);
    if (!size) {
        return size.error();
    }
    auto headerBytes = headerSize(descriptor, path, *size);
    if (!headerBytes) {
        return headerBytes.error();
    }
    std::string text(static_cast<std::size_t>(*headerBytes), '\0');
    if (auto got = readAt(descriptor, path, 8, *headerBytes, text.data()); !got) {
        return got.error();
    }
    file->m_dataStart = 8 + *headerBytes;
    auto header = parseSafetensorsHeader(text, *size - file->m_dataStart);
    if (!header) {
        return Error{path.string() + ": " + header.message()};
    }
    file->m_tensors = std::move(header->tensors);
    file->m_metadata = std::move(header->metadata);
    for (std::size_t i = 0; i < file->m_tensors.size(); ++i) {
        file->m_index[file->m_tensors[i].name] = i;
    }
    return file;
}

SafetensorsFile::~SafetensorsFile()
{
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

const TensorInfo* SafetensorsFile::find(const std::string& name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
}

Result<void> SafetensorsFile::read(const TensorInfo& tensor, std::uint64_t offset, std::uint64_t size,
                                   void* target) const
{
    const std::uint64_t length = tensor.end - tensor.begin;
    if (offset > length || size > length - offset) {
        return Error{m_path.string() + ": tensor " + inQuotes(tensor.name) + " has " + std::to_string(length)
                     + " bytes; cannot read " + std::to_string(size) + " from " + std::to_string(offset)};
    }
    return readAt(m_descriptor, m_path, m_dataStart + tensor.begin + offset, size, target);
}

Result<void> writeSafetensors(const fs::path& path, std::vector<TensorToWrite> tensors,
                              std::map<std::string, std::string> metadata)
{
    metadata.try_emplace("format", "pt");
    std::sort(tensors.begin(), tensors.end(), [](const TensorToWrite& a, const TensorToWrite& b) {
        return std::tie(a.dtype, a.name) < std::tie(b.dtype, b.name);
    });
    std::set<std::string> names;
    std::vector<TensorInfo> infos;
    for (const TensorToWrite& tensor : tensors) {
        if (tensor.name == "__metadata__" || !names.insert(tensor.name).second) {
            return Error{path.string() + ": two tensors are called " + inQuotes(tensor.name)
                         + "; nothing was saved"};
        }
        infos.push_back({tensor.name, tensor.dtype, tensor.shape, 0, 0});
    }
    const std::string header = makeSafetensorsHeader(infos, metadata);
    auto file = base::AtomicFile::create(path);
    if (!file) {
        return file.error();
    }
    std::string size(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) {
        size[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
    }
    if (auto done = file->write(size + header); !done) {
        return done;
    }
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const std::uint64_t bytes = infos[i].end - infos[i].begin;
        const char* data = bytes > 0 ? static_cast<const char*>(tensors[i].bytes()) : nullptr;
        for (std::uint64_t done = 0; done < bytes; done += kWritePiece) {
            if (auto wrote = file->write(data + done, std::min<std::uint64_t>(kWritePiece, bytes - done));
                !wrote) {
                return wrote;
            }
        }
        tensors[i].bytes = nullptr; // frees what the closure converted
    }
    return file->commit();
}

} // namespace luthier::weights
