// SPDX-License-Identifier: GPL-3.0-or-later
// PackedStream: compressed bytes, or text in another encoding, in; plain bytes out, piece by piece. One row of the
// table a kind.
//
// Threads: one stream belongs to one thread; the table any.
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <memory>
#include <string_view>

namespace luthier::data {

class DataFile;

class PackedStream {
public:
    virtual ~PackedStream() = default;

    struct Taken {
        std::size_t read = 0;    // of what was given
        std::size_t written = 0; // of what there was room for
    };
    // Either number may be 0, never both while there is something to read and room to write. Several streams one
    // behind the other are one text. Error: damage, without file and place.
    virtual Result<Taken> take(std::string_view packed, char* to, std::size_t room) = 0;
    // False: the stream breaks off when nothing follows.
    virtual bool isComplete() const = 0;
};

struct PackedKind {
    const char* name; // "gzip"
    bool (*matches)(std::string_view head); // by what such a file begins with
    std::unique_ptr<PackedStream> (*open)();
};

const PackedKind* findPackedKind(std::string_view head); // null: not compressed, or not known

// Windows-1252, in which spreadsheets save CSV in the west, is told by more than its beginning (windows_1252.cpp): by parts
// from all over the file that hold several bytes which are no UTF-8, all of them characters of Windows-1252 and few among the
// letters, as accents are, and no UTF-8 beyond ASCII. Other encodings and single damaged bytes are not taken for it.
bool looksLikeWindows1252(const DataFile& file);
const PackedKind& windows1252();

// JSON with comments (// or # to the end of a line, /* to */) or with commas before closing
// brackets, as people write it by hand: both are left out, in texts nothing is. It is told by the file's first bytes: in a document by
// any of them, in a file of lines by a comment that begins its line; the rest is damage of one row there.
bool looksLikeCommentedJson(std::string_view head, bool isDocument);
const PackedKind& commentedJson();

} // namespace luthier::data
