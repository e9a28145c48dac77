// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gguf/file.h"

#include "core/gguf/reader.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace luthier::gguf {

namespace fs = std::filesystem;

namespace {

constexpr double kExactInteger = 9e15; // doubles below it hold whole numbers exactly

std::optional<std::int64_t> wholeNumber(double value)
{
    return std::abs(value) < kExactInteger && std::floor(value) == value ? std::optional(static_cast<std::int64_t>(value))
                                                                         : std::nullopt;
}

} // namespace

Result<void> readAt(int descriptor, const fs::path& path, std::uint64_t offset, std::uint64_t size, void* target)
{
    char* at = static_cast<char*>(target);
    while (size > 0) {
        const ssize_t got
            = ::pread(descriptor, at, std::min<std::uint64_t>(size, 1u << 30), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return Error{path.string() + ": cannot read at byte " + std::to_string(offset) + ": " + std::strerror(errno)};
        }
        if (got == 0) {
            return Error{path.string() + ": ended at byte " + std::to_string(offset) + ", " + std::to_string(size)
                         + " bytes short; it was changed while being read"};
        }
        at += got;
        offset += static_cast<std::uint64_t>(got);
        size -= static_cast<std::uint64_t>(got);
    }
    return {};
}

std::uint64_t Tensor::elements() const
{
    std::uint64_t count = 1; // the product was checked when the file was opened
    for (const std::uint64_t extent : dims) {
        count *= extent;
    }
    return count;
}

Result<std::shared_ptr<const File>> File::open(const fs::path& path)
{
    // O_NONBLOCK: a named pipe in place of a file must not hang the open.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
        return Error{path.string() + ": cannot open: " + std::strerror(errno)};
    }
    std::shared_ptr<File> file(new File);
    file->m_path = path;
    file->m_descriptor = descriptor;
    struct stat info {};
    if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode)) {
        return Error{path.string() + ": not a regular file"};
    }
    try {
        if (auto read = Reader(*file, static_cast<std::uint64_t>(info.st_size)).read(); !read) {
            const bool named = read.message().rfind(path.string(), 0) == 0;
            return named ? read.error() : Error{path.string() + ": " + read.message()};
        }
    } catch (const std::bad_alloc&) {
        return Error{path.string() + ": there is no memory for its header"};
    }
    return std::shared_ptr<const File>(std::move(file));
}

File::~File()
{
    if (m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

const Tensor* File::find(const std::string& name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
}

const Value* File::value(std::string_view key) const
{
    const auto found = m_metadata.find(key);
    return found == m_metadata.end() ? nullptr : &found->second;
}

std::optional<std::string> File::text(std::string_view key) const
{
    const auto* found = value(key);
    const auto* text = found ? std::get_if<std::string>(found) : nullptr;
    return text ? std::optional(*text) : std::nullopt;
}

std::optional<std::int64_t> File::integer(std::string_view key) const
{
    const auto* found = value(key);
    if (const auto* list = numbers(key)) {
        const bool same = !list->empty() && std::all_of(list->begin(), list->end(), [&](double x) { return x == list->front(); });
        return same ? wholeNumber(list->front()) : std::nullopt;
    }
    if (const auto* number = found ? std::get_if<std::uint64_t>(found) : nullptr) {
        return *number <= static_cast<std::uint64_t>(INT64_MAX) ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
    }
    const auto* number = found ? std::get_if<std::int64_t>(found) : nullptr;
    return number ? std::optional(*number) : std::nullopt;
}

std::optional<double> File::number(std::string_view key) const
{
    const auto* found = value(key);
    if (const auto* number = found ? std::get_if<double>(found) : nullptr) {
        return *number;
    }
    const auto whole = integer(key);
    return whole ? std::optional(static_cast<double>(*whole)) : std::nullopt;
}

std::optional<bool> File::boolean(std::string_view key) const
{
    const auto* found = value(key);
    const auto* flag = found ? std::get_if<bool>(found) : nullptr;
    return flag ? std::optional(*flag) : std::nullopt;
}

const std::vector<std::string>* File::texts(std::string_view key) const
{
    const auto* found = value(key);
    return found ? std::get_if<std::vector<std::string>>(found) : nullptr;
}

const std::vector<double>* File::numbers(std::string_view key) const
{
    const auto* found = value(key);
    return found ? std::get_if<std::vector<double>>(found) : nullptr;
}

Result<void> File::read(const Tensor& tensor, std::uint64_t offset, std::uint64_t size, void* target) const
{
    if (offset > tensor.bytes || size > tensor.bytes - offset) {
        return Error{m_path.string() + ": tensor \"" + tensor.name + "\" has " + std::to_string(tensor.bytes) + " bytes, "
                     + std::to_string(size) + " from " + std::to_string(offset) + " on were asked for"};
    }
    return readAt(m_descriptor, m_path, m_dataStart + tensor.offset + offset, size, target);
}

bool isGguf(const fs::path& path)
{
    std::error_code code;
    if (fs::is_directory(path, code)) {
        return false;
    }
    std::string ending = path.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
    if (ending == ".gguf") {
        return true;
    }
    char magic[4] = {};
    std::ifstream file;
    return fs::is_regular_file(path, code) && (file.open(path, std::ios::binary), file.read(magic, 4).good())
           && std::memcmp(magic, "GGUF", 4) == 0;
}

} // namespace luthier::gguf
