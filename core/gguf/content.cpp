// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gguf/content.h"

#include "core/base/files.h"

#include <cstring>

namespace luthier::gguf {

namespace {

constexpr std::uint64_t kAlignment = 32;
constexpr std::size_t kLongestName = 63;

// Numbers of the kinds of values.
enum ValueType : std::uint32_t { U32 = 4, I32 = 5, F32 = 6, Bool = 7, Text = 8, List = 9 };

template <class T>
std::string bytesOf(T value)
{
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

std::string textBytes(const std::string& text)
{
    return bytesOf<std::uint64_t>(text.size()) + text;
}

std::uint64_t aligned(std::uint64_t size)
{
    return (size + kAlignment - 1) / kAlignment * kAlignment;
}

template <class Out, class In>
std::string listBytes(std::uint32_t type, const std::vector<In>& values)
{
    std::string bytes = bytesOf(type) + bytesOf<std::uint64_t>(values.size());
    for (const In& value : values) {
        bytes += bytesOf(static_cast<Out>(value));
    }
    return bytes;
}

Result<void> check(const TensorToWrite& tensor)
{
    if (tensor.name.empty() || tensor.name.size() > kLongestName) {
        return Error{"tensor \"" + tensor.name + "\": a name has 1 to 63 bytes"};
    }
    if (tensor.dims.empty() || tensor.dims.size() > 4 || tensor.dims[0] % tensor.type->elements != 0) {
        return Error{"tensor \"" + tensor.name + "\": its rows do not divide into blocks of "
                     + std::to_string(tensor.type->elements) + " numbers (" + tensor.type->name + ")"};
    }
    return {};
}

class Writing {
public:
    Writing(base::AtomicFile& file, const base::Progress& progress, const base::CancelToken& cancel, std::uint64_t total)
        : m_file(file), m_progress(progress), m_cancel(cancel), m_total(total)
    {
    }

    Result<void> tensor(const TensorToWrite& tensor)
    {
        std::uint64_t written = 0;
        auto done = tensor.bytes([&](const void* data, std::size_t size) -> Result<void> {
            if (m_cancel.isCancelled()) {
                return Error{"cancelled"};
            }
            written += size;
            m_done += size;
            if (m_progress) {
                m_progress(static_cast<std::int64_t>(m_done), static_cast<std::int64_t>(m_total));
            }
            return m_file.write(data, size);
        });
        if (!done) {
            return done;
        }
        if (written != tensor.size()) {
            return Error{"tensor \"" + tensor.name + "\" came with " + std::to_string(written) + " bytes instead of "
                         + std::to_string(tensor.size())};
        }
        return m_file.write(std::string(aligned(written) - written, '\0'));
    }

private:
    base::AtomicFile& m_file;
    const base::Progress& m_progress;
    const base::CancelToken& m_cancel;
    std::uint64_t m_total;
    std::uint64_t m_done = 0;
};

} // namespace

std::uint64_t TensorToWrite::size() const
{
    std::uint64_t elements = 1;
    for (const std::uint64_t extent : dims) {
        elements *= extent;
    }
    return elements / type->elements * type->bytes;
}

void Content::pair(const std::string& key, std::uint32_t type, const std::string& value)
{
    m_pairs += textBytes(key) + bytesOf(type) + value;
    ++m_numPairs;
}

void Content::text(const std::string& key, const std::string& value)
{
    pair(key, Text, textBytes(value));
}

void Content::whole(const std::string& key, std::uint64_t value)
{
    pair(key, U32, bytesOf(static_cast<std::uint32_t>(value)));
}

void Content::number(const std::string& key, double value)
{
    pair(key, F32, bytesOf(static_cast<float>(value)));
}

void Content::boolean(const std::string& key, bool value)
{
    pair(key, Bool, std::string(1, value ? '\1' : '\0'));
}

void Content::texts(const std::string& key, const std::vector<std::string>& values)
{
    std::string bytes = bytesOf<std::uint32_t>(Text) + bytesOf<std::uint64_t>(values.size());
    for (const std::string& value : values) {
        bytes += textBytes(value);
    }
    pair(key, List, bytes);
}

void Content::numbers(const std::string& key, const std::vector<double>& values)
{
    pair(key, List, listBytes<float>(F32, values));
}

void Content::wholes(const std::string& key, const std::vector<std::int32_t>& values)
{
    pair(key, List, listBytes<std::int32_t>(I32, values));
}

std::uint64_t Content::dataBytes() const
{
    std::uint64_t all = 0;
    for (const TensorToWrite& tensor : m_tensors) {
        all += tensor.size();
    }
    return all;
}

std::string Content::head() const
{
    std::string all = "GGUF" + bytesOf<std::uint32_t>(3) + bytesOf<std::uint64_t>(m_tensors.size()) + bytesOf(m_numPairs) + m_pairs;
    std::uint64_t offset = 0;
    for (const TensorToWrite& tensor : m_tensors) {
        all += textBytes(tensor.name) + bytesOf(static_cast<std::uint32_t>(tensor.dims.size()));
        for (const std::uint64_t extent : tensor.dims) {
            all += bytesOf(extent);
        }
        all += bytesOf(tensor.type->id) + bytesOf(offset);
        offset += aligned(tensor.size());
    }
    all.resize(aligned(all.size()), '\0');
    return all;
}

Result<void> Content::write(const std::filesystem::path& path, const base::Progress& progress, const base::CancelToken& cancel) const
{
    for (const TensorToWrite& tensor : m_tensors) {
        if (auto good = check(tensor); !good) {
            return Error{path.string() + ": " + good.message()};
        }
    }
    auto file = base::AtomicFile::create(path);
    if (!file) {
        return file.error();
    }
    if (auto done = file->write(head()); !done) {
        return done;
    }
    Writing writing(*file, progress, cancel, dataBytes());
    for (const TensorToWrite& tensor : m_tensors) {
        if (auto done = writing.tensor(tensor); !done) {
            const bool isWhole = done.message() == "cancelled" || done.message().starts_with(path.string()); // the disk's names the file
            return isWhole ? done : Result<void>(Error{path.string() + ": " + done.message()});
        }
    }
    return file->commit();
}

} // namespace luthier::gguf
