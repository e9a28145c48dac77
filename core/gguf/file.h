// SPDX-License-Identifier: GPL-3.0-or-later
// File: a GGUF file of version 2 or 3, opened with every bound of the format checked: counts and lengths against the
// bytes that are there, shapes that multiply to too much, tensors outside the file or over one another, duplicate names,
// unknown types. Vocabulary, sizes and weights of a model stand in one file: text, nn and weights each take their part. Errors are sentences with the file, and the byte or the name.
//
// The file is read with pread, never mapped: a file that shrinks meanwhile is an error, not a crash.
// Threads: const functions may be called from any thread at once.
#pragma once

#include "core/base/result.h"
#include "core/gguf/types.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace luthier::gguf {

// A value of the metadata. Arrays of numbers and of booleans are lists of double; arrays of arrays are passed over.
using Value = std::variant<std::monostate, bool, std::uint64_t, std::int64_t, double, std::string,
                               std::vector<double>, std::vector<std::string>>;

struct Tensor {
    std::string name;
    const TensorType* type = nullptr;
    std::vector<std::uint64_t> dims; // as the file has them: the first is the one that lies together
    std::uint64_t offset = 0;        // bytes from the start of the data
    std::uint64_t bytes = 0;

    std::uint64_t elements() const;
    std::uint64_t rowElements() const { return dims.empty() ? 1 : dims[0]; }
};

class File {
public:
    static Result<std::shared_ptr<const File>> open(const std::filesystem::path& path);
    ~File();

    const std::filesystem::path& path() const { return m_path; }
    const std::map<std::string, Value, std::less<>>& metadata() const { return m_metadata; }
    const std::vector<Tensor>& tensors() const { return m_tensors; } // in file order
    const Tensor* find(const std::string& name) const;

    // Empty when the key is missing or of another kind.
    std::optional<std::string> text(std::string_view key) const;
    std::optional<std::int64_t> integer(std::string_view key) const; // also a list whose numbers are all the same
    std::optional<double> number(std::string_view key) const;
    std::optional<bool> boolean(std::string_view key) const;
    const std::vector<std::string>* texts(std::string_view key) const;
    const std::vector<double>* numbers(std::string_view key) const;
    bool has(std::string_view key) const { return m_metadata.contains(key); }

    // Reads stored bytes [offset, offset + size) of one tensor.
    Result<void> read(const Tensor& tensor, std::uint64_t offset, std::uint64_t size, void* target) const;

private:
    friend class Reader;
    File() = default;
    const Value* value(std::string_view key) const;

    std::filesystem::path m_path;
    int m_descriptor = -1;
    std::uint64_t m_dataStart = 0;
    std::map<std::string, Value, std::less<>> m_metadata;
    std::vector<Tensor> m_tensors;
    std::unordered_map<std::string, std::size_t> m_index;
};

// Whether a path that names a model is a GGUF file and not a folder: by its ending, else by its first four bytes.
bool isGguf(const std::filesystem::path& path);

} // namespace luthier::gguf
