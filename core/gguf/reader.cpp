// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/gguf/reader.h"

#include "core/base/checked.h"

#include <algorithm>
#include <bit>

namespace luthier::gguf {

static_assert(std::endian::native == std::endian::little, "GGUF files are read as they lie");

namespace {

constexpr std::uint64_t kWindow = std::uint64_t{1} << 20;
constexpr std::uint64_t kSmallestPair = 8 + 4 + 1;
constexpr std::uint64_t kSmallestTensor = 8 + 4 + 4 + 8;
constexpr std::uint32_t kMostDims = 4;

} // namespace

bool Reader::fail(const std::string& sentence)
{
    if (m_problem.empty()) {
        m_problem = sentence;
    }
    return false;
}

bool Reader::take(void* target, std::uint64_t size)
{
    if (size > left()) {
        return fail("the file is cut short: it ends at byte " + std::to_string(m_size) + " inside its header, which goes on for at least "
                    + std::to_string(size - left()) + " bytes more; download or copy it again");
    }
    auto* to = static_cast<char*>(target);
    while (size > 0 && m_problem.empty()) {
        if (m_at < m_windowStart || m_at >= m_windowStart + m_window.size()) {
            m_windowStart = m_at;
            m_window.resize(static_cast<std::size_t>(std::min(kWindow, left())));
            if (auto got = readAt(m_file.m_descriptor, m_file.m_path, m_at, m_window.size(), m_window.data()); !got) {
                return fail(got.message());
            }
        }
        const std::uint64_t step = std::min(size, m_windowStart + m_window.size() - m_at);
        std::memcpy(to, m_window.data() + (m_at - m_windowStart), static_cast<std::size_t>(step));
        to += step;
        m_at += step;
        size -= step;
    }
    return m_problem.empty();
}

bool Reader::takeText(std::string& text, std::uint64_t longest, const std::string& what)
{
    const auto begin = m_at;
    const auto length = number<std::uint64_t>();
    if (!m_problem.empty()) {
        return false;
    }
    if (length > longest || length > left()) {
        return fail("at byte " + std::to_string(begin) + " " + what + " is said to have " + std::to_string(length) + " bytes; "
                    + (length > longest ? "at most " + std::to_string(longest) + " are allowed"
                                        : "the file has only " + std::to_string(left()) + " left"));
    }
    text.resize(static_cast<std::size_t>(length));
    return take(text.data(), length);
}

bool Reader::readHead(std::uint64_t& numTensors, std::uint64_t& numPairs)
{
    char magic[4] = {};
    take(magic, sizeof magic);
    const auto version = number<std::uint32_t>();
    if (!m_problem.empty() && m_size < 24) {
        m_problem = std::to_string(m_size) + " bytes, too short for a GGUF file; download or copy it again";
        return false;
    }
    if (std::memcmp(magic, "GGUF", 4) != 0) {
        return fail("this is not a GGUF file: it does not begin with the letters GGUF");
    }
    if (version > 0 && (version & 0xffff) == 0) {
        return fail("the numbers in this GGUF file stand in big-endian order, which is not read here; take the usual file");
    }
    if (version != 2 && version != 3) {
        return fail("the file has version " + std::to_string(version) + " of GGUF; versions 2 and 3 are read here, convert it anew");
    }
    numTensors = number<std::uint64_t>();
    numPairs = number<std::uint64_t>();
    const auto check = [&](std::uint64_t count, std::uint64_t most, std::uint64_t smallest, const char* what) {
        const auto least = base::checkedMul(count, smallest);
        if (m_problem.empty() && (count > most || !least || *least > left())) {
            fail("the file is said to hold " + std::to_string(count) + " " + what + ", "
                 + (count > most ? "at most " + std::to_string(most) + " are allowed"
                                 : "more than fit into its " + std::to_string(m_size) + " bytes"));
        }
    };
    check(numTensors, kMostGgufTensors, kSmallestTensor, "tensors");
    check(numPairs, kMostGgufPairs, kSmallestPair, "settings");
    return m_problem.empty();
}

bool Reader::readTensor()
{
    Tensor tensor;
    if (!takeText(tensor.name, kLongestGgufName, "the name of a tensor") || !readShape(tensor)) {
        return false;
    }
    const auto type = number<std::uint32_t>();
    tensor.offset = number<std::uint64_t>();
    if (!m_problem.empty()) {
        return false;
    }
    const std::string name = "tensor " + shown(tensor.name) + ": ";
    tensor.type = findTensorType(type);
    if (!tensor.type) {
        return fail(name + "its number format " + std::to_string(type) + " is not known here");
    }
    std::optional<std::uint64_t> elements = 1;
    for (const std::uint64_t extent : tensor.dims) {
        elements = elements ? base::checkedMul(*elements, extent) : elements;
    }
    if (tensor.rowElements() % tensor.type->elements != 0) {
        return fail(name + "its rows of " + std::to_string(tensor.rowElements()) + " numbers are no multiple of the "
                    + std::to_string(tensor.type->elements) + " that share a block of " + tensor.type->name);
    }
    const auto bytes = elements ? base::checkedMul(*elements / tensor.type->elements, tensor.type->bytes) : elements;
    if (!bytes || !base::checkedMul(*elements, 4)) {
        return fail(name + "its shape multiplies to more bytes than can be counted");
    }
    tensor.bytes = *bytes;
    if (!m_file.m_index.emplace(tensor.name, m_file.m_tensors.size()).second) {
        return fail(name + "it stands there twice");
    }
    m_file.m_tensors.push_back(std::move(tensor));
    return true;
}

bool Reader::readShape(Tensor& tensor)
{
    const auto dims = number<std::uint32_t>();
    if (m_problem.empty() && dims > kMostDims) {
        return fail("tensor " + shown(tensor.name) + ": it has " + std::to_string(dims) + " dimensions; at most "
                    + std::to_string(kMostDims) + " are allowed");
    }
    for (std::uint32_t i = 0; i < dims && m_problem.empty(); ++i) {
        tensor.dims.push_back(number<std::uint64_t>());
        if (m_problem.empty() && tensor.dims.back() == 0) {
            return fail("tensor " + shown(tensor.name) + ": a dimension of 0 leaves nothing of it");
        }
    }
    return m_problem.empty();
}

bool Reader::placeData()
{
    if (m_file.has("general.alignment")) {
        const auto alignment = m_file.integer("general.alignment").value_or(0);
        if (alignment <= 0 || alignment > (1 << 20) || !std::has_single_bit(static_cast<std::uint64_t>(alignment))) {
            return fail("general.alignment must be a power of two up to 1048576");
        }
        m_alignment = static_cast<std::uint64_t>(alignment);
    }
    const std::uint64_t begin = aligned(m_at);
    // A file without tensors may end with its header.
    m_file.m_dataStart = std::min(begin, m_size);
    return true;
}

bool Reader::checkTensors()
{
    const std::uint64_t room = m_size - m_file.m_dataStart;
    std::vector<const Tensor*> order;
    for (const Tensor& tensor : m_file.m_tensors) {
        const auto end = base::checkedAdd(tensor.offset, tensor.bytes);
        if (!end || *end > room) {
            return fail("tensor " + shown(tensor.name) + ": its data (" + std::to_string(tensor.bytes) + " bytes from "
                        + std::to_string(tensor.offset) + ") ends outside the file, which has " + std::to_string(room)
                        + " bytes of data; download or copy it again");
        }
        if (tensor.offset % m_alignment != 0) {
            return fail("tensor " + shown(tensor.name) + ": its data begins at " + std::to_string(tensor.offset)
                        + ", which is no multiple of " + std::to_string(m_alignment));
        }
        order.push_back(&tensor);
    }
    std::sort(order.begin(), order.end(),
              [](const Tensor* a, const Tensor* b) { return a->offset < b->offset; });
    // Writers leave no room between tensors but what aligns them. A header that counts one tensor too few shifts all data.
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i > 0 && order[i]->offset < order[i - 1]->offset + order[i - 1]->bytes) {
            return fail("tensor " + shown(order[i]->name) + ": its data overlaps that of " + shown(order[i - 1]->name));
        }
        if (order[i]->offset != aligned(end)) {
            return fail("tensor " + shown(order[i]->name) + ": its data begins at " + std::to_string(order[i]->offset) + ", where "
                        + std::to_string(aligned(end)) + " is next; the header does not fit the data, download or copy it again");
        }
        end = order[i]->offset + order[i]->bytes;
    }
    if (!order.empty() && room > aligned(end)) {
        return fail(std::to_string(room - aligned(end)) + " bytes stand behind its last tensor, so the header counts fewer tensors than "
                    "there are; download or copy it again");
    }
    return true;
}

Result<void> Reader::read()
{
    std::uint64_t numTensors = 0;
    std::uint64_t numPairs = 0;
    bool good = readHead(numTensors, numPairs);
    for (std::uint64_t i = 0; i < numPairs && good; ++i) {
        good = readPair();
    }
    for (std::uint64_t i = 0; i < numTensors && good; ++i) {
        good = readTensor();
    }
    good = good && placeData() && checkTensors();
    return good ? Result<void>() : Result<void>(Error{m_problem});
}

} // namespace luthier::gguf
