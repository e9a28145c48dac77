// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/columnar_file.h"

namespace luthier::data {

namespace {

constexpr const char* kAbsent = "this build of Luthier has no Apache Arrow, so Parquet and Arrow files are neither read nor "
                                "written; build it with LUTHIER_ARROW=ON, or use JSONL or CSV";

} // namespace

bool hasColumnar()
{
    return false;
}

Result<ColumnarFacts> columnarFacts(const std::filesystem::path&)
{
    return Error{kAbsent};
}

Result<ColumnarFacts> columnarToLines(const std::filesystem::path&, const WriteText&, const base::Progress&,
                                      const base::CancelToken&)
{
    return Error{kAbsent};
}

Result<void> linesToParquet(const std::filesystem::path&, const WriteText&, const base::CancelToken&)
{
    return Error{kAbsent};
}

} // namespace luthier::data
