// SPDX-License-Identifier: GPL-3.0-or-later
// FileChoice: which files of a repository are needed to tune and run the model: its configuration, one set of safetensors
// weights (the smaller where there are two), tokenizer, chat template, licence and README; or one GGUF file where
// there is nothing else. Pickles (.bin, .pt) are never taken.
#pragma once

#include "core/hub/hub_client.h"

#include <string>
#include <vector>

namespace luthier::hub {

struct FileChoice {
    std::vector<RemoteFile> files; // small ones first, weights last
    std::int64_t bytes = 0;        // of those whose size is said
    std::string gguf;              // path of the (first) GGUF file; empty: a folder of safetensors
};

// `gguf`: part of the name of the GGUF file to take ("q8_0", or the whole name); empty: safetensors, else Q4_K_M, else
// the smallest GGUF.
Result<FileChoice> chooseFiles(const Repository& repository, const std::string& gguf = {});

} // namespace luthier::hub
